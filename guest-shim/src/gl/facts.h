// What the host told of a context when it was made, and never changes: version, strings, extensions, limits.
// The extensions are those that both ends know.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "gl/types.h"

namespace guest::gl {

// A value, or an array of them, as the host has it.
struct Value {
    enum class Type : std::uint32_t { integer = 0, integer64 = 1, real = 2 };
    Type type = Type::integer;
    std::vector<std::int64_t> integers;  // of `integer` and `integer64`
    std::vector<float> reals;            // of `real`
    std::size_t count() const { return type == Type::real ? reals.size() : integers.size(); }
};

struct Facts {
    std::uint32_t profile = 0;  // 1 core, 2 compatibility, 3 GLES
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t flags = 0;
    std::string vendor;
    std::string renderer;
    std::string version;
    std::string language;
    std::vector<std::string> extensions;
    std::string extension_line;  // the same, with blanks between
    std::unordered_map<GLenum, Value> values;

    bool is_es() const { return profile == 3; }
    // Of those drivers the guest knows in which order they compute.
    bool is_mesa() const { return version.find("Mesa") != std::string::npos; }
    // Null for what the host did not say.
    const Value* find(GLenum name) const {
        const auto found = values.find(name);
        return found == values.end() ? nullptr : &found->second;
    }
    // A limit that is one number; `otherwise` when the host did not say it.
    std::int64_t number(GLenum name, std::int64_t otherwise) const {
        const Value* value = find(name);
        return value == nullptr || value->integers.empty() ? otherwise : value->integers.front();
    }
};

// The parts of gl_context_create's reply; false when they are malformed.
bool read_strings(std::span<const std::byte> strings, Facts& facts);
bool read_extensions(std::span<const std::byte> names, Facts& facts);
bool read_values(std::span<const std::byte> values, Facts& facts);

}  // namespace guest::gl
