// Names inside one function body: registers, ranges such as `%r<100>`, local variables and labels, nested by
// braces. Used by the body parser only.
#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "soft/ptx/syntax.h"

namespace soft::ptx {

enum class BindingKind : std::uint8_t { none, reg, vector_reg, local };

struct Binding {
    BindingKind kind = BindingKind::none;
    std::uint8_t width = 1;   // components of a vector register
    std::uint32_t index = 0;  // register or local
};

class Scopes {
  public:
    Scopes() { scopes_.emplace_back(); }

    void open();
    // False when no inner scope is open.
    bool close();
    bool at_function_level() const { return current_ == 0; }
    std::uint32_t current() const { return current_; }

    // False when the name is taken in this scope.
    bool declare(std::string_view name, Binding binding);
    // `prefix<count>`: prefix0 .. prefix(count-1), registers from `first` on.
    void declare_range(std::string_view prefix, std::uint32_t count, std::uint8_t width, std::uint32_t first);
    Binding find(std::string_view name) const;

    bool define_label(std::string_view name, std::uint32_t statement);
    // The statement a label names, seen from `scope`; false when it is not defined.
    bool find_label(std::string_view name, std::uint32_t scope, std::uint32_t& statement) const;

  private:
    struct Range {
        std::uint32_t count;
        std::uint8_t width;  // registers of each: more than one of vectors
        std::uint32_t first;
    };
    struct Scope {
        std::uint32_t parent = 0;
        std::unordered_map<std::string_view, Binding> names;
        std::unordered_map<std::string_view, Range> ranges;
        std::unordered_map<std::string_view, std::uint32_t> labels;
    };

    std::vector<Scope> scopes_;  // closed ones stay: labels are resolved at the end of the body
    std::uint32_t current_ = 0;
};

}  // namespace soft::ptx
