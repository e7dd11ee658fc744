// See snapshot.h.
#include "engine/gl/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/gl/snapshot_limits.h"
#include "wire/limits.h"
#include "wire/record.h"

namespace engine::gl {
namespace {

constexpr unsigned kStringNames[] = {0x1F00, 0x1F01, 0x1F02, 0x8B8C};  // vendor, renderer, version, language
constexpr unsigned kExtensions = 0x1F03;
constexpr unsigned kNumExtensions = 0x821D;
constexpr unsigned kMajorVersion = 0x821B;
constexpr unsigned kMinorVersion = 0x821C;
constexpr unsigned kContextFlags = 0x821E;
constexpr unsigned kProfileMask = 0x9126;
constexpr int kCoreProfile = 1;
constexpr int kErrorsAtMost = 16;  // a lost context reports one for ever
// Room for what a driver may say beyond the count that is known of a limit, and for a list.
constexpr std::size_t kRoom = 512;

void clear_errors(const device::GlTable& table) {
    for (int count = 0; count < kErrorsAtMost && table.glGetError() != 0; ++count) {
    }
}

class Values {
public:
    Values(const device::GlTable& table, std::vector<std::byte>& out) : table_(table), out_(out) {}

    // One value; `otherwise` when there is no such name.
    int integer(unsigned name, int otherwise) {
        integers_[0] = otherwise;
        table_.glGetIntegerv(name, integers_.data());
        return table_.glGetError() == 0 ? integers_[0] : otherwise;
    }
    void add(const Limit& limit) {
        const std::size_t count = limit.count;
        if (limit.type == Type::f32) {
            table_.glGetFloatv(limit.name, floats_.data());
            if (table_.glGetError() == 0) put(limit, std::as_bytes(std::span(floats_).first(count)));
        } else if (limit.type == Type::i64) {
            table_.glGetInteger64v(limit.name, wide_.data());
            if (table_.glGetError() == 0) put(limit, std::as_bytes(std::span(wide_).first(count)));
        } else {
            table_.glGetIntegerv(limit.name, integers_.data());
            if (table_.glGetError() == 0) put(limit, std::as_bytes(std::span(integers_).first(count)));
        }
    }
    void add_indexed(const Limit& limit) {
        for (unsigned index = 0; index < limit.count; ++index) {
            table_.glGetIntegeri_v(limit.name, index, &integers_[index]);
        }
        if (table_.glGetError() == 0) put(limit, std::as_bytes(std::span(integers_).first(limit.count)));
    }
    void add_list(const ListLimit& list) {
        const int count = integer(list.count_name, -1);
        if (count < 0 || static_cast<std::size_t>(count) > kRoom) return;
        const Limit number{list.count_name, Type::i32, 1};
        put(number, std::as_bytes(std::span(&count, 1)));
        add({list.name, Type::i32, static_cast<std::uint32_t>(count)});
    }

private:
    void put(const Limit& limit, std::span<const std::byte> bytes) {
        const std::uint32_t head[] = {limit.name, static_cast<std::uint32_t>(limit.type), limit.count, 0};
        const std::size_t size = wire::align_up(sizeof head + bytes.size(), wire::kRecordAlignment);
        if (out_.size() + size > wire::limits::kGlSnapshotBytes) return;
        const std::size_t at = out_.size();
        out_.resize(at + size);
        std::memcpy(out_.data() + at, head, sizeof head);
        if (!bytes.empty()) std::memcpy(out_.data() + at + sizeof head, bytes.data(), bytes.size());
    }

    const device::GlTable& table_;
    std::vector<std::byte>& out_;
    std::array<int, kRoom> integers_{};
    std::array<float, kRoom> floats_{};
    std::array<std::int64_t, kRoom> wide_{};
};

void put_string(std::vector<std::byte>& out, std::string_view text) {
    if (out.size() + text.size() + 1 > wire::limits::kGlSnapshotBytes) return;
    const auto bytes = std::as_bytes(std::span(text));
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.push_back(std::byte{0});
}

std::string_view text_of(const unsigned char* text) {
    // SAFETY: GL's characters are bytes.
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// By index where this GL knows how many there are; before version 3 there was only the one long string.
void put_extensions(const device::GlTable& table, int count, std::vector<std::byte>& out) {
    for (int index = 0; index < count; ++index) {
        put_string(out, text_of(table.glGetStringi(kExtensions, static_cast<unsigned>(index))));
    }
    if (count > 0) return;
    std::string_view rest = text_of(table.glGetString(kExtensions));
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (end != 0) put_string(out, rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

}  // namespace

Snapshot take_snapshot(const device::GlTable& table, bool is_es) {
    Snapshot snapshot;
    clear_errors(table);
    Values values(table, snapshot.values);
    snapshot.major = static_cast<std::uint32_t>(values.integer(kMajorVersion, 2));
    snapshot.minor = static_cast<std::uint32_t>(values.integer(kMinorVersion, is_es ? 0 : 1));
    snapshot.flags = static_cast<std::uint32_t>(values.integer(kContextFlags, 0));
    const bool is_core = !is_es && (values.integer(kProfileMask, 0) & kCoreProfile) != 0;
    snapshot.profile = is_es ? 3 : is_core ? 1 : 2;
    for (const unsigned name : kStringNames) put_string(snapshot.strings, text_of(table.glGetString(name)));
    put_extensions(table, values.integer(kNumExtensions, 0), snapshot.extensions);
    for (const Limit& limit : kLimits) values.add(limit);
    for (const Limit& limit : kIndexedLimits) values.add_indexed(limit);
    for (const ListLimit& list : kListLimits) values.add_list(list);
    clear_errors(table);
    return snapshot;
}

}  // namespace engine::gl
