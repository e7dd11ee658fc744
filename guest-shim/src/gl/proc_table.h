// The addresses of GL's functions by name, and how such tables are searched.
#pragma once
#include <algorithm>
#include <span>
#include <string_view>

namespace guest::gl {

struct Proc {
    std::string_view name;
    void (*function)();
};

// Null: none of that name. `table` is sorted by name.
inline void (*find_in(std::span<const Proc> table, std::string_view name))() {
    const auto found = std::ranges::lower_bound(table, name, {}, &Proc::name);
    return found != table.end() && found->name == name ? found->function : nullptr;
}

// Null: there is no such function of GL.
void (*find_proc(std::string_view name))();

}  // namespace guest::gl
