// See gl_writer.h.
#include "gl_writer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "gl/enums.h"
#include "gl/sizes.h"
#include "test/gl_rows.h"
#include "wire/record.h"

namespace fuzz {
namespace {

using std::string_view;

// What does most, chosen half of the time so that calls find objects.
constexpr string_view kUsual[] = {"glGenTextures",
                                  "glBindTexture",
                                  "glTexImage2D",
                                  "glTexSubImage2D",
                                  "glTexImage3D",
                                  "glTexParameteri",
                                  "glGenBuffers",
                                  "glBindBuffer",
                                  "glBufferData",
                                  "glBufferSubData",
                                  "glGetBufferSubData",
                                  "glGetTexImage",
                                  "glReadPixels",
                                  "glVertexAttribPointer",
                                  "glVertexPointer",
                                  "glEnableVertexAttribArray",
                                  "glEnableClientState",
                                  "glDrawArrays",
                                  "glDrawElements",
                                  "glDeleteBuffers",
                                  "glDeleteTextures",
                                  "glPixelStorei",
                                  "glPixelStorei",
                                  "glEnable",
                                  "glCreateShader",
                                  "glShaderSource",
                                  "glCompileShader",
                                  "glCreateProgram",
                                  "glAttachShader",
                                  "glLinkProgram",
                                  "glUseProgram",
                                  "glBegin",
                                  "glEnd",
                                  "glNewList",
                                  "glEndList",
                                  "glCallList",
                                  "glDrawPixels",
                                  "glBitmap",
                                  "glMap1f",
                                  "glEvalMesh1",
                                  "glGenFramebuffers",
                                  "glBindFramebuffer",
                                  "glFramebufferTexture2D",
                                  "glGenRenderbuffers",
                                  "glBindRenderbuffer",
                                  "glRenderbufferStorage",
                                  "glFramebufferRenderbuffer",
                                  "glBlitFramebuffer",
                                  "glCopyTexImage2D",
                                  "glBindBufferBase",
                                  "glBindBufferRange",
                                  "glGenVertexArrays",
                                  "glBindVertexArray",
                                  "glCompressedTexImage2D",
                                  "glGetCompressedTexImage",
                                  "glPixelMapfv",
                                  "glMultiDrawElements",
                                  "glDrawArraysInstanced",
                                  "glBindVertexBuffer",
                                  "glVertexAttribFormat",
                                  "glVertexAttribBinding"};

constexpr std::uint32_t kFormats[] = {GL_RGBA,
                                      GL_RGB,
                                      GL_RED,
                                      GL_BGRA,
                                      GL_DEPTH_COMPONENT,
                                      GL_DEPTH_STENCIL,
                                      GL_STENCIL_INDEX,
                                      GL_LUMINANCE,
                                      GL_RGBA_INTEGER,
                                      0x8757};
constexpr std::uint32_t kTypes[] = {GL_UNSIGNED_BYTE,
                                    GL_FLOAT,
                                    GL_UNSIGNED_SHORT,
                                    GL_UNSIGNED_INT,
                                    GL_HALF_FLOAT,
                                    GL_UNSIGNED_INT_24_8,
                                    GL_UNSIGNED_SHORT_5_6_5,
                                    GL_SHORT,
                                    GL_UNSIGNED_INT_2_10_10_10_REV,
                                    GL_FLOAT_32_UNSIGNED_INT_24_8_REV,
                                    GL_DOUBLE,
                                    0x85ba,
                                    GL_VERTEX_SHADER,
                                    GL_FRAGMENT_SHADER,
                                    GL_COMPUTE_SHADER,
                                    GL_GEOMETRY_SHADER};
constexpr std::uint32_t kTargets[] = {GL_TEXTURE_2D,
                                      GL_TEXTURE_3D,
                                      GL_TEXTURE_CUBE_MAP,
                                      GL_TEXTURE_2D_ARRAY,
                                      GL_TEXTURE_1D,
                                      GL_TEXTURE_BUFFER,
                                      GL_TEXTURE_CUBE_MAP_POSITIVE_X,
                                      GL_ARRAY_BUFFER,
                                      GL_ELEMENT_ARRAY_BUFFER,
                                      GL_PIXEL_UNPACK_BUFFER,
                                      GL_PIXEL_PACK_BUFFER,
                                      GL_UNIFORM_BUFFER,
                                      GL_DRAW_INDIRECT_BUFFER,
                                      GL_QUERY_BUFFER,
                                      GL_TRANSFORM_FEEDBACK_BUFFER,
                                      GL_FRAMEBUFFER,
                                      GL_READ_FRAMEBUFFER,
                                      GL_RENDERBUFFER,
                                      GL_MAP1_VERTEX_3,
                                      GL_MAP2_VERTEX_4,
                                      GL_SAMPLES_PASSED,
                                      GL_TEXTURE_RECTANGLE,
                                      GL_PROXY_TEXTURE_2D};

// What fields of a name mostly hold.
const std::map<string_view, std::vector<std::uint32_t>>& usual_values() {
    const auto all = [](const auto& values) { return std::vector(std::begin(values), std::end(values)); };
    static const std::map<string_view, std::vector<std::uint32_t>> values{
        {"target", all(kTargets)},
        {"textarget", all(kTargets)},
        {"format", all(kFormats)},
        {"type", all(kTypes)},
        {"internalformat",
         {GL_RGBA8, GL_RGBA, GL_DEPTH24_STENCIL8, GL_R8, GL_RGBA32F, GL_SRGB8_ALPHA8, GL_DEPTH_COMPONENT24,
          GL_COMPRESSED_RGBA_S3TC_DXT5_EXT, GL_COMPRESSED_RED_RGTC1, GL_LUMINANCE8, GL_RGBA8UI,
          GL_STENCIL_INDEX8}},
        {"mode",
         {GL_POINTS, GL_TRIANGLES, GL_LINES, GL_TRIANGLE_STRIP, GL_QUADS, GL_COMPILE, GL_PATCHES,
          GL_COMPILE_AND_EXECUTE, GL_POLYGON, GL_SELECT, GL_FEEDBACK, GL_RENDER, GL_LINES_ADJACENCY}},
        {"attachment", {GL_COLOR_ATTACHMENT0, GL_DEPTH_ATTACHMENT, GL_DEPTH_STENCIL_ATTACHMENT}},
        {"array", {GL_VERTEX_ARRAY, GL_COLOR_ARRAY, GL_NORMAL_ARRAY, GL_TEXTURE_COORD_ARRAY}},
        {"usage", {GL_STATIC_DRAW, GL_STREAM_READ}},
        {"map", {GL_PIXEL_MAP_I_TO_I, GL_PIXEL_MAP_R_TO_R, GL_PIXEL_MAP_S_TO_S}},
    };
    return values;
}

constexpr string_view kSources[] = {
    "attribute vec4 a; varying vec4 v; void main() { v = a; gl_Position = a * 2.0; }",
    "varying vec4 v; uniform sampler2D s; uniform vec4 u[3]; void main() {"
    " gl_FragColor = v + texture2D(s, v.xy) + u[2]; }",
    "#version 430\nlayout(local_size_x = 4) in; buffer B { vec4 b[]; };"
    " void main() { b[gl_GlobalInvocationID.x] = vec4(1.0); }",
    "#version 150\nin vec4 p; out vec4 o; uniform U { vec4 c[8]; }; void main() { o = c[3]; gl_Position = p; "
    "}",
    "#version 150\nout vec4 o; void main() { o = vec4(1.0); }",
    "void main() {",
    ""};

bool ends_with(string_view text, string_view end) { return text.ends_with(end); }

// Numbers that decide how long a call works; the edges of those are for the fields that it checks.
bool is_count(string_view name) {
    constexpr string_view kCounts[] = {"count",
                                       "n",
                                       "primcount",
                                       "drawcount",
                                       "instancecount",
                                       "i1",
                                       "i2",
                                       "j1",
                                       "j2",
                                       "un",
                                       "vn",
                                       "uorder",
                                       "vorder",
                                       "order",
                                       "num_groups_x",
                                       "num_groups_y",
                                       "num_groups_z",
                                       "maxdrawcount",
                                       "samples",
                                       "levels",
                                       "range"};
    return std::ranges::find(kCounts, name) != std::end(kCounts);
}

std::uint64_t number(Choices& choices, string_view name) {
    static constexpr std::uint64_t kEdges[] = {
        0,     1,       2,          7,          8,          63,    255,        4096,
        16384, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull, 1ull << 40, 0x123456789000};
    if (is_count(name)) return choices.below(16) == 0 ? 0xffffffff : choices.below(20);
    const std::size_t how = choices.below(16);
    if (how < 11) return choices.below(12);
    if (how < 14) return kEdges[choices.below(std::size(kEdges))];
    return choices.word() >> choices.below(64);
}

// The scalars of a record that are written already.
using Written = std::map<std::string, std::uint64_t, std::less<>>;

constexpr std::size_t kMostContent = 16384;

// Bytes that the array or image behind those scalars has to have, where they say it.
std::size_t implied(const Written& written) {
    const auto at = [&](string_view name, std::uint64_t otherwise) {
        const auto found = written.find(name);
        return found == written.end() ? otherwise : found->second;
    };
    const auto side = [&](string_view name) { return static_cast<std::int32_t>(at(name, 1)); };
    if (written.contains("format") && written.contains("type")) {
        return wire::gl::size::image(static_cast<std::uint32_t>(at("format", 0)),
                                     static_cast<std::uint32_t>(at("type", 0)), side("width"), side("height"),
                                     side("depth"));
    }
    if (written.contains("imageSize")) return wire::gl::size::bytes(side("imageSize"));
    return written.contains("size") ? at("size", 0) : kMostContent / 4;
}

std::uint64_t scalar(Choices& choices, string_view name, bool is_enum, const Written& written) {
    // The image in the record, no image, an offset.
    if (ends_with(name, "_from"))
        return choices.below(8) != 0 && implied(written) <= kMostContent ? choices.below(4) != 0
                                                                         : choices.below(2) * 2;
    const auto known = usual_values().find(name);
    if (known != usual_values().end() && choices.below(8) != 0)
        return known->second[choices.below(known->second.size())];
    constexpr string_view kNamesOfEnums[] = {"pname", "cap", "func", "face", "target", "query", "buf", "src"};
    const bool may_be = is_enum && std::ranges::find(kNamesOfEnums, name) != std::end(kNamesOfEnums);
    if (name == "pname" && choices.below(2) == 0) {
        const std::uint32_t first = choices.below(2) == 0 ? GL_UNPACK_SWAP_BYTES : GL_PACK_SWAP_BYTES;
        return first + choices.below(6);
    }
    if (may_be && choices.below(8) != 0) return gl_rows::kEnums[choices.below(std::size(gl_rows::kEnums))];
    return number(choices, name);
}

class Record {
  public:
    explicit Record(std::uint16_t id) { header_.call = id; }
    void scalar(std::uint64_t value, std::size_t size) {
        pad(size);
        append(&value, size);
    }
    void bytes(std::span<const std::byte> data) {
        scalar(data.size(), 8);
        append(data.data(), data.size());
        pad(8);
    }
    std::vector<std::byte> take() {
        pad(8);
        header_.size = static_cast<std::uint32_t>(sizeof header_ + payload_.size());
        header_.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
        header_.ticket = 1;
        std::vector<std::byte> whole(header_.size);
        std::memcpy(whole.data(), &header_, sizeof header_);
        std::ranges::copy(payload_, whole.begin() + sizeof header_);
        return whole;
    }

  private:
    void append(const void* data, std::size_t size) {
        const auto* begin = static_cast<const std::byte*>(data);
        payload_.insert(payload_.end(), begin, begin + size);
    }
    void pad(std::size_t size) {
        while (payload_.size() % size != 0) payload_.push_back(std::byte{0});
    }
    wire::RecordHeader header_{};
    std::vector<std::byte> payload_;
};

std::vector<std::byte> content(Choices& choices, string_view name, std::size_t size) {
    static constexpr std::size_t kSizes[] = {0, 4, 8, 64, 1024, 4096, 16384};
    if (name == "source") {
        const string_view source = kSources[choices.below(std::size(kSources))];
        const auto* begin = reinterpret_cast<const std::byte*>(source.data());
        return {begin, begin + source.size()};
    }
    if (size > kMostContent) size = 0;
    if (choices.below(32) == 0) size = kSizes[choices.below(std::size(kSizes))];
    std::vector<std::byte> bytes(size);
    const std::size_t kind = choices.below(4);
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
        const float real = 0.25f * static_cast<float>(at % 9);
        std::uint32_t word = static_cast<std::uint32_t>(at / 4 % 7) + 1;
        if (kind == 1) std::memcpy(&word, &real, 4);
        if (kind == 2) word = static_cast<std::uint32_t>(number(choices, name));
        std::memcpy(bytes.data() + at, &word, 4);
        if (choices.is_empty()) break;
    }
    return bytes;
}

const gl_rows::Row& row_of(Choices& choices) {
    static const std::map<string_view, const gl_rows::Row*> by_name = [] {
        std::map<string_view, const gl_rows::Row*> rows;
        for (const gl_rows::Row& row : gl_rows::kRows) rows[row.name] = &row;
        return rows;
    }();
    if (choices.below(2) == 0) return *by_name.at(kUsual[choices.below(std::size(kUsual))]);
    return gl_rows::kRows[choices.below(std::size(gl_rows::kRows))];
}

// Whether the image of that name is not in the record.
bool is_absent(const Written& written, string_view name) {
    const auto from = written.find(std::string(name) + "_from");
    return from != written.end() && from->second != 1;
}

// Now and then a record is none, or not of that size, or a byte of it is another.
std::vector<std::byte> spoilt(Choices& choices, std::vector<std::byte> record) {
    constexpr std::size_t kHeader = sizeof(wire::RecordHeader);
    const std::size_t how = choices.below(512);
    if (how < 8 && record.size() > kHeader) {
        record[kHeader + choices.below(record.size() - kHeader)] = static_cast<std::byte>(choices.byte());
    } else if (how < 10 && record.size() > kHeader) {
        record.resize(kHeader + choices.below(record.size() - kHeader) / 8 * 8);
        const auto size = static_cast<std::uint32_t>(record.size());
        std::memcpy(record.data(), &size, sizeof size);
    } else if (how == 10) {
        record[choices.below(kHeader)] = static_cast<std::byte>(choices.byte());
    }
    return record;
}

}  // namespace

std::vector<std::byte> write_gl_record(Choices& choices) {
    const gl_rows::Row& row = row_of(choices);
    Record record(row.id);
    string_view rest(row.fields);
    Written written;
    while (!rest.empty()) {
        const string_view field = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), field.size() + 1));
        const string_view type = field.substr(0, field.find(' '));
        const string_view name = field.substr(type.size() + 1);
        if (type == "bytes") {
            record.bytes(content(choices, name, is_absent(written, name) ? 0 : implied(written)));
        } else if (type == "text") {
            record.bytes(std::as_bytes(std::span("a", 2)));
        } else if (type == "f32" || type == "f64") {
            const float real = static_cast<float>(choices.below(32)) * 0.25f - 2;
            const double wide = real;
            std::uint64_t bits = 0;
            std::memcpy(&bits, type == "f32" ? static_cast<const void*>(&real) : &wide,
                        type == "f32" ? 4 : 8);
            record.scalar(choices.below(16) == 0 ? choices.word() : bits, type == "f32" ? 4 : 8);
        } else {
            const std::size_t bits = static_cast<std::size_t>(std::stoi(std::string(type.substr(1))));
            written[std::string(name)] = scalar(choices, name, type == "u32", written);
            record.scalar(written[std::string(name)], bits / 8);
        }
    }
    return spoilt(choices, record.take());
}

std::string described(std::span<const std::byte> record) {
    wire::RecordHeader header{};
    std::memcpy(&header, record.data(), sizeof header);
    const auto* row = std::ranges::find(gl_rows::kRows, header.call, &gl_rows::Row::id);
    std::string text = row == std::end(gl_rows::kRows) ? "?" : std::string(row->name) + " " + row->fields;
    constexpr std::size_t kWords = 24;
    for (std::size_t at = sizeof header; at + 4 <= record.size() && at < sizeof header + 4 * kWords;
         at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, record.data() + at, 4);
        std::array<char, 16> digits{};
        std::snprintf(digits.data(), digits.size(), " %x", word);
        text += digits.data();
    }
    return text;
}

}  // namespace fuzz
