// The linker. See link.h. Addresses are offsets into the image until the image exists.
#include "soft/ptx/link.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "soft/launch/runtime.h"

namespace soft::ptx {
namespace {

constexpr int kInvalidPtx = 218;
constexpr int kOutOfMemory = 2;
constexpr int kNotFound = 500;
constexpr std::uint64_t kMaxImage = std::uint64_t{1} << 40;

Builtin find_builtin(std::string_view name) {
    constexpr std::pair<std::string_view, Builtin> kKnown[] = {
        {"vprintf", Builtin::vprintf},
        {"__assertfail", Builtin::assertfail},
        {"__assert_fail", Builtin::assertfail},
        {"malloc", Builtin::malloc},
        {"free", Builtin::free},
        {"cudaGraphSetConditional", Builtin::set_condition},
        {"__cudaCDP2GetParameterBufferV2", Builtin::get_buffer},
        {"__cudaCDP2LaunchDeviceV2", Builtin::launch},
        {"__cudaCDP2LaunchDeviceV2_ptsz", Builtin::launch},
        {"__cudaCDP2StreamCreateWithFlags", Builtin::create_stream},
        {"__cudaCDP2StreamDestroy", Builtin::destroy_stream},
        {"__cudaCDP2GetLastError", Builtin::last_error},
        {"__cudaCDP2PeekAtLastError", Builtin::peek_error},
    };
    const auto* found = std::ranges::find(kKnown, name, &std::pair<std::string_view, Builtin>::first);
    if (found != std::end(kKnown)) return found->second;
    // Modules that name more of NVIDIA's device runtime still load.
    return name.starts_with("cuda") || name.starts_with("__cuda") || name.starts_with("__nv")
               ? Builtin::missing
               : Builtin::none;
}

std::uint64_t align_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

bool is_exported(Linkage linkage) { return linkage != Linkage::internal && linkage != Linkage::external; }

bool is_opaque(const Variable& variable) {
    return variable.type >= Type::texref && variable.type <= Type::surfref;
}

}  // namespace

int Linker::fail(int error, std::uint32_t line, const std::string& message) {
    log_ = "line " + std::to_string(line) + ": " + message;
    return error;
}

int Linker::run(Link& link, std::vector<std::unique_ptr<Code>>& codes) {
    link_ = &link;
    codes_ = &codes;
    link.units.resize(modules_.size());
    int error = collect();
    if (error == 0) error = lay_out();
    if (error == 0) error = resolve_externals();
    return error != 0 ? error : fill_image();
}

int Linker::collect() {
    for (std::uint32_t unit = 0; unit < modules_.size(); ++unit) {
        SymbolMap& own = link_->units[unit];
        for (Variable& variable : modules_[unit].variables) {
            if (const int error = place_variable(variable, own)) return error;
        }
        for (FunctionSyntax& function : modules_[unit].functions) {
            for (Variable& variable : function.locals) {
                const bool is_static = variable.space == Space::global || variable.space == Space::constant;
                if (!is_static) continue;
                if (const int error = place_variable(variable, own)) return error;
            }
        }
        if (const int error = add_functions(unit)) return error;
        if (const int error = add_aliases(unit)) return error;
    }
    return 0;
}

int Linker::add_definition(SymbolMap& map, std::string_view name, Linkage linkage, const Symbol& symbol,
                           std::uint32_t line) {
    if (!is_exported(linkage)) {
        return map.emplace(name, symbol).second
                   ? 0
                   : fail(kInvalidPtx, line, "'" + std::string(name) + "' is defined twice");
    }
    const bool is_weak = linkage != Linkage::visible;
    const auto found = exported_.find(name);
    if (found == exported_.end()) {
        exported_.emplace(name, symbol);
        exported_is_weak_[name] = is_weak;
    } else if (exported_is_weak_[name] && !is_weak) {
        found->second = symbol;
        exported_is_weak_[name] = false;
    } else if (!is_weak) {
        return fail(kInvalidPtx, line, "'" + std::string(name) + "' is defined twice");
    }
    return 0;
}

int Linker::place_variable(Variable& variable, SymbolMap& own) {
    Symbol symbol;
    symbol.variable = &variable;
    symbol.align = std::max(1u, variable.align);
    if (variable.space == Space::shared) {
        const bool is_dynamic = variable.linkage == Linkage::external && variable.size == 0;
        symbol.kind = is_dynamic ? SymbolKind::dynamic_shared : SymbolKind::shared;
        if (is_dynamic) {
            link_->dynamic_align = std::max(link_->dynamic_align, symbol.align);
            own.insert_or_assign(variable.name, symbol);
            return 0;
        }
        symbol.address = align_up(link_->module_shared, symbol.align);
        if (symbol.address + variable.size > 0x7fffffffu)
            return fail(kInvalidPtx, variable.line, "too much shared memory");
        link_->module_shared = static_cast<std::uint32_t>(symbol.address + variable.size);
        return add_definition(own, variable.name, variable.linkage, symbol, variable.line);
    }
    if (variable.linkage == Linkage::external) return 0;
    symbol.kind = SymbolKind::variable;
    std::uint64_t& size = variable.managed ? managed_size_ : image_size_;
    symbol.address = align_up(size, std::max<std::uint64_t>(symbol.align, 16));
    size = symbol.address + std::max<std::uint64_t>(variable.size, is_opaque(variable) ? 8 : 1);
    if (size > kMaxImage) return fail(kOutOfMemory, variable.line, "the module's variables are too large");
    return add_definition(own, variable.name, variable.linkage, symbol, variable.line);
}

int Linker::add_functions(std::uint32_t unit) {
    for (const FunctionSyntax& function : modules_[unit].functions) {
        if (!function.has_body) continue;
        Symbol symbol;
        symbol.kind = SymbolKind::function;
        symbol.function = static_cast<std::uint32_t>(link_->functions.size());
        symbol.address = FunctionTable::address_of(symbol.function);
        codes_->push_back(std::make_unique<Code>());
        LinkedFunction linked;
        linked.syntax = &function;
        linked.unit = unit;
        linked.code = codes_->back().get();
        linked.code->name = function.name;
        linked.code->is_entry = function.is_entry;
        linked.code->has_body = true;
        link_->functions.push_back(linked);
        const Linkage linkage =
            function.is_entry && function.linkage == Linkage::internal ? Linkage::weak : function.linkage;
        const Linkage effective = linkage == Linkage::external ? Linkage::visible : linkage;
        if (const int error =
                add_definition(link_->units[unit], function.name, effective, symbol, function.line)) {
            return error;
        }
    }
    return 0;
}

// A declared function whose body is another's, with the linkage of its own declaration.
int Linker::add_aliases(std::uint32_t unit) {
    for (const Alias& alias : modules_[unit].aliases) {
        const SymbolMap& own = link_->units[unit];
        const auto inside = own.find(alias.target);
        const auto outside = exported_.find(alias.target);
        if (inside == own.end() && outside == exported_.end()) {
            return fail(kInvalidPtx, alias.line, "'" + std::string(alias.target) + "' has no body to alias");
        }
        const Symbol symbol = inside != own.end() ? inside->second : outside->second;
        const auto& functions = modules_[unit].functions;
        const auto declared = std::ranges::find(functions, alias.name, &FunctionSyntax::name);
        if (symbol.kind != SymbolKind::function || declared == functions.end() || declared->has_body)
            return fail(kInvalidPtx, alias.line, "bad .alias");
        if (const int error =
                add_definition(link_->units[unit], alias.name, declared->linkage, symbol, alias.line))
            return error;
    }
    return 0;
}

// The same code lays them out the same way, in whichever context.
int Linker::lay_out_managed() {
    fills_managed_ = managed_.address == 0;
    if (managed_size_ == 0 || !fills_managed_) return 0;
    managed_ = {services_.allocate_managed(managed_size_), managed_size_};
    return managed_.address != 0 ? 0 : fail(kOutOfMemory, 1, "no memory for the module's managed variables");
}

int Linker::lay_out() {
    if (const int error = lay_out_managed()) return error;
    if (image_size_ != 0) image_ = services_.allocate_image(image_size_);
    if (image_size_ != 0 && image_ == 0)
        return fail(kOutOfMemory, 1, "no device memory for the module's variables");
    const auto rebase = [this](SymbolMap& map) {
        for (auto& [name, symbol] : map) {
            if (symbol.kind != SymbolKind::variable) continue;
            symbol.address += symbol.variable->managed ? managed_.address : image_;
        }
    };
    rebase(exported_);
    for (SymbolMap& own : link_->units) rebase(own);
    return 0;
}

int Linker::resolve_variable(const Variable& variable, SymbolMap& own) {
    const auto known = own.find(variable.name);
    if (known != own.end()) return 0;
    const auto found = exported_.find(variable.name);
    if (found == exported_.end()) {
        return fail(kNotFound, variable.line, "unresolved symbol '" + std::string(variable.name) + "'");
    }
    own.emplace(variable.name, found->second);
    return 0;
}

int Linker::resolve_function(const FunctionSyntax& function, std::uint32_t unit) {
    SymbolMap& own = link_->units[unit];
    if (own.contains(function.name)) return 0;
    const auto found = exported_.find(function.name);
    if (found != exported_.end()) {
        own.emplace(function.name, found->second);
        return 0;
    }
    const Builtin builtin = find_builtin(function.name);
    if (builtin == Builtin::none) {
        return fail(kNotFound, function.line, "unresolved symbol '" + std::string(function.name) + "'");
    }
    Symbol symbol;
    symbol.kind = SymbolKind::function;
    symbol.function = static_cast<std::uint32_t>(link_->functions.size());
    symbol.address = FunctionTable::address_of(symbol.function);
    codes_->push_back(std::make_unique<Code>());
    LinkedFunction linked;
    linked.syntax = &function;
    linked.unit = unit;
    linked.builtin = builtin;
    linked.code = codes_->back().get();
    linked.code->name = function.name;
    link_->functions.push_back(linked);
    own.emplace(function.name, symbol);
    return 0;
}

int Linker::resolve_externals() {
    for (std::uint32_t unit = 0; unit < modules_.size(); ++unit) {
        for (const Variable& variable : modules_[unit].variables) {
            if (const int error = resolve_variable(variable, link_->units[unit])) return error;
        }
        for (const FunctionSyntax& function : modules_[unit].functions) {
            if (const int error = resolve_function(function, unit)) return error;
        }
    }
    return 0;
}

int Linker::fill_image() {
    for (std::uint32_t unit = 0; unit < modules_.size(); ++unit) {
        const auto fill_all = [&](const std::vector<Variable>& variables) {
            for (const Variable& variable : variables) {
                const bool is_memory = variable.space == Space::global || variable.space == Space::constant;
                if (!is_memory || variable.linkage == Linkage::external) continue;
                const Symbol* symbol = link_->find(unit, variable.name);
                if (symbol == nullptr || symbol->variable != &variable) continue;  // another definition won
                const bool fills = !variable.managed || fills_managed_;
                const int error = fills ? fill_variable(variable, unit, symbol->address) : 0;
                if (error != 0) return error;
                globals_.push_back({std::string(variable.name), symbol->address, variable.size,
                                    variable.space == Space::constant, variable.managed});
            }
            return 0;
        };
        if (const int error = fill_all(modules_[unit].variables)) return error;
        for (const FunctionSyntax& function : modules_[unit].functions) {
            if (const int error = fill_all(function.locals)) return error;
        }
    }
    return 0;
}

int Linker::fill_variable(const Variable& variable, std::uint32_t unit, std::uint64_t address) {
    // SAFETY: the image is ours and at least this large; device addresses are host addresses.
    auto* to = static_cast<std::byte*>(std::bit_cast<void*>(address));
    if (!variable.data.empty())
        std::memcpy(to, variable.data.data(), std::min(variable.data.size(), variable.size));
    for (const Relocation& relocation : variable.relocations) {
        const Symbol* symbol = link_->find(unit, relocation.symbol);
        if (symbol == nullptr) {
            return fail(kInvalidPtx, relocation.line,
                        "'" + std::string(relocation.symbol) + "' is not declared");
        }
        const std::uint64_t window = symbol->kind == SymbolKind::shared ? kSharedWindow : 0;
        const std::uint64_t value =
            (symbol->address + window + static_cast<std::uint64_t>(relocation.addend)) >> relocation.shift;
        if (relocation.offset + relocation.size <= variable.size) {
            std::memcpy(to + relocation.offset, &value, relocation.size);
        }
    }
    return 0;
}

}  // namespace soft::ptx
