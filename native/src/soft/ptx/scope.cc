// Names inside one function body. See scope.h.
#include "soft/ptx/scope.h"

#include <charconv>

namespace soft::ptx {

void Scopes::open() {
    Scope scope;
    scope.parent = current_;
    current_ = static_cast<std::uint32_t>(scopes_.size());
    scopes_.push_back(std::move(scope));
}

bool Scopes::close() {
    if (current_ == 0) return false;
    current_ = scopes_[current_].parent;
    return true;
}

bool Scopes::declare(std::string_view name, Binding binding) {
    return scopes_[current_].names.emplace(name, binding).second;
}

void Scopes::declare_range(std::string_view prefix, std::uint32_t count, std::uint8_t width,
                           std::uint32_t first) {
    scopes_[current_].ranges.insert_or_assign(prefix, Range{count, width, first});
}

Binding Scopes::find(std::string_view name) const {
    std::size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
    std::uint32_t number = 0;
    const auto [end, code] = std::from_chars(name.data() + digits, name.data() + name.size(), number);
    const bool numbered = digits < name.size() && code == std::errc() && end == name.data() + name.size();
    for (std::uint32_t at = current_;; at = scopes_[at].parent) {
        const Scope& scope = scopes_[at];
        const auto found = scope.names.find(name);
        if (found != scope.names.end()) return found->second;
        if (numbered) {
            const auto range = scope.ranges.find(name.substr(0, digits));
            if (range != scope.ranges.end() && number < range->second.count) {
                const std::uint8_t width = range->second.width;
                const BindingKind kind = width > 1 ? BindingKind::vector_reg : BindingKind::reg;
                return Binding{kind, width, range->second.first + number * width};
            }
        }
        if (at == 0) return {};
    }
}

bool Scopes::define_label(std::string_view name, std::uint32_t statement) {
    return scopes_[current_].labels.emplace(name, statement).second;
}

bool Scopes::find_label(std::string_view name, std::uint32_t scope, std::uint32_t& statement) const {
    for (std::uint32_t at = scope;; at = scopes_[at].parent) {
        const auto found = scopes_[at].labels.find(name);
        if (found != scopes_[at].labels.end()) {
            statement = found->second;
            return true;
        }
        if (at == 0) return false;
    }
}

}  // namespace soft::ptx
