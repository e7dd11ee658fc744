// See facts.h.
#include "gl/facts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace guest::gl {
namespace {

constexpr std::size_t kMostValues = 4096;  // of one array

// Extensions that are little without calls which are not forwarded: a program would call what is not there.
constexpr std::array<std::string_view, 17> kNotForwarded{
    "GL_ARB_fragment_program",
    "GL_ARB_shading_language_include",
    "GL_ARB_vertex_program",
    "GL_ATI_fragment_shader",
    "GL_EXT_EGL_image_storage",
    "GL_EXT_debug_label",
    "GL_EXT_direct_state_access",
    "GL_EXT_gpu_program_parameters",
    "GL_EXT_memory_object",
    "GL_EXT_memory_object_fd",
    "GL_EXT_shader_framebuffer_fetch_non_coherent",
    "GL_EXT_vertex_array",
    "GL_IBM_multimode_draw_arrays",
    "GL_MESA_framebuffer_flip_y",
    "GL_NV_half_float",
    "GL_NV_primitive_restart",
    "GL_OES_texture_3D",
};

// The next NUL-terminated text; false when there is none.
bool take_text(std::span<const std::byte>& bytes, std::string& text) {
    const auto* end = static_cast<const std::byte*>(std::memchr(bytes.data(), 0, bytes.size()));
    if (bytes.empty() || end == nullptr) return false;
    const auto size = static_cast<std::size_t>(end - bytes.data());
    // SAFETY: bytes read as text, within their size.
    text.assign(reinterpret_cast<const char*>(bytes.data()), size);
    bytes = bytes.subspan(size + 1);
    return true;
}

template <class T>
bool take(std::span<const std::byte>& bytes, T& value) {
    if (bytes.size() < sizeof value) return false;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes = bytes.subspan(sizeof value);
    return true;
}

template <class T, class List>
bool take_list(std::span<const std::byte>& bytes, std::uint32_t count, List& list) {
    for (std::uint32_t index = 0; index < count; ++index) {
        T value{};
        if (!take(bytes, value)) return false;
        list.push_back(value);
    }
    const std::size_t padding = (8 - count * sizeof(T) % 8) % 8;
    if (bytes.size() < padding) return false;
    bytes = bytes.subspan(padding);
    return true;
}

bool take_value(std::span<const std::byte>& bytes, GLenum& name, Value& value) {
    std::uint32_t type = 0;
    std::uint32_t count = 0;
    std::uint32_t zero = 0;
    if (!take(bytes, name) || !take(bytes, type) || !take(bytes, count) || !take(bytes, zero)) return false;
    if (type > 2 || count > kMostValues) return false;
    value.type = static_cast<Value::Type>(type);
    switch (value.type) {
        case Value::Type::integer:
            return take_list<std::int32_t>(bytes, count, value.integers);
        case Value::Type::integer64:
            return take_list<std::int64_t>(bytes, count, value.integers);
        case Value::Type::real:
            return take_list<float>(bytes, count, value.reals);
    }
    return false;
}

}  // namespace

bool read_strings(std::span<const std::byte> strings, Facts& facts) {
    return take_text(strings, facts.vendor) && take_text(strings, facts.renderer) &&
           take_text(strings, facts.version) && take_text(strings, facts.language);
}

bool read_extensions(std::span<const std::byte> names, Facts& facts) {
    while (!names.empty()) {
        std::string name;
        if (!take_text(names, name)) return false;
        if (std::ranges::find(kNotForwarded, name) == kNotForwarded.end())
            facts.extensions.push_back(std::move(name));
    }
    std::sort(facts.extensions.begin(), facts.extensions.end());
    for (const std::string& name : facts.extensions) {
        if (!facts.extension_line.empty()) facts.extension_line += ' ';
        facts.extension_line += name;
    }
    return true;
}

bool read_values(std::span<const std::byte> values, Facts& facts) {
    while (!values.empty()) {
        GLenum name = 0;
        Value value;
        if (!take_value(values, name, value)) return false;
        facts.values[name] = std::move(value);
    }
    return true;
}

}  // namespace guest::gl
