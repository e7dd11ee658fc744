// Program::load: parse, link, decode. See program.h.
#include "soft/ptx/program.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "soft/compile/compiler.h"
#include "soft/launch/runtime.h"
#include "soft/ptx/decoder.h"
#include "soft/ptx/link.h"
#include "soft/ptx/parser.h"
#include "soft/ptx/schedule.h"

namespace soft {
namespace {

constexpr int kInvalidPtx = 218;

class LoadedProgram final : public Program {
  public:
    LoadedProgram(DeviceServices& services, ManagedImage& managed) : services_(services), managed_(managed) {}
    ~LoadedProgram() override {
        if (image_ != 0) services_.free_image(image_);
    }

    int load(std::span<const std::string_view> units, std::string& log);

    std::span<const FunctionInfo> functions() const override { return facts_; }
    std::span<const GlobalInfo> globals() const override { return globals_; }
    const Function& function(std::size_t index) const override { return *functions_[index]; }

  private:
    int decode(ptx::Link& link, bool entries, std::string& log);
    bool decode_one(ptx::Link& link, ptx::LinkedFunction& linked, std::string& log);
    void describe(const ptx::Link& link, const ptx::LinkedFunction& linked);
    void compile(const Code& kernel);

    DeviceServices& services_;
    ManagedImage& managed_;  // while it is loaded
    std::vector<std::string> texts_;
    std::vector<ptx::Module> modules_;  // while it is loaded: they take ten times the room of the text
    std::vector<std::unique_ptr<Code>> codes_;
    std::mutex compiling_;
    compile::Compiler compiler_;
    std::vector<const Code*> callables_;  // device functions that are not compiled yet
    FunctionTable table_;
    std::vector<FunctionInfo> facts_;
    std::vector<GlobalInfo> globals_;
    std::vector<std::unique_ptr<Function>> functions_;
    std::uint64_t image_ = 0;
    std::uint32_t device_caches_ = 0;
    bool device_reads_reserved_ = false;
};

int LoadedProgram::load(std::span<const std::string_view> units, std::string& log) {
    texts_.assign(units.begin(), units.end());
    modules_.resize(units.size());
    for (std::size_t k = 0; k < units.size(); ++k) {
        if (!ptx::parse_module(texts_[k], modules_[k], log)) return kInvalidPtx;
        if (!compile::is_enabled()) continue;
        for (ptx::FunctionSyntax& function : modules_[k].functions) ptx::hoist_loads(function);
    }
    ptx::Link link;
    ptx::Linker linker(modules_, services_, managed_);
    const int error = linker.run(link, codes_);
    image_ = linker.image();
    if (error != 0) {
        log = linker.log();
        return error;
    }
    globals_ = linker.globals();
    for (const auto& linked : link.functions) table_.codes.push_back(linked.code);
    int failed = decode(link, false, log);
    if (failed == 0) failed = decode(link, true, log);
    table_.kernels.resize(table_.codes.size());
    for (std::size_t k = 0; k < functions_.size(); ++k) {
        functions_[k]->declared = &facts_[k];
        const auto at = std::ranges::find(table_.codes, functions_[k]->code);
        table_.kernels[static_cast<std::size_t>(at - table_.codes.begin())] = functions_[k].get();
    }
    modules_ = {};
    return failed;
}

// Functions that a kernel may call first: several kernels share them, and none of these runs before.
void LoadedProgram::compile(const Code& kernel) {
    const std::lock_guard lock(compiling_);
    for (const Code* callable : std::exchange(callables_, {})) compiler_.compile(*callable);
    compiler_.compile(kernel);
}

bool calls_functions(const ptx::Link& link, const ptx::LinkedFunction& linked) {
    const ptx::FunctionSyntax& f = *linked.syntax;
    for (const ptx::Statement& s : f.statements) {
        if (!s.traits.has(ptx::OpcodeTrait::call)) continue;
        bool only_builtin = false;
        for (std::uint32_t k = 0; k < s.operand_count; ++k) {
            const ptx::Operand& operand = f.operands[s.first_operand + k];
            const ptx::Symbol* symbol =
                operand.kind == ptx::OperandKind::symbol ? link.find(linked.unit, operand.name) : nullptr;
            const bool is_function = symbol != nullptr && symbol->kind == ptx::SymbolKind::function;
            only_builtin |= is_function && link.functions[symbol->function].builtin != ptx::Builtin::none;
        }
        if (!only_builtin) return true;
    }
    return false;
}

bool names_shared(const ptx::Link& link, const ptx::LinkedFunction& linked) {
    return std::ranges::any_of(linked.syntax->operands, [&](const ptx::Operand& operand) {
        if (operand.kind != ptx::OperandKind::symbol) return false;
        const ptx::Symbol* symbol = link.find(linked.unit, operand.name);
        return symbol != nullptr && symbol->kind == ptx::SymbolKind::shared;
    });
}

bool LoadedProgram::decode_one(ptx::Link& link, ptx::LinkedFunction& linked, std::string& log) {
    Code& code = *linked.code;
    code.has_calls = calls_functions(link, linked);
    // Variables of module scope and of device functions sit at the start of every block's shared memory that
    // may use them.
    const bool shares = !code.is_entry || code.has_calls || names_shared(link, linked);
    code.shared_bytes = shares ? link.module_shared : 0;
    code.first_cache = device_caches_;
    ptx::Decoder decoder(link, linked.unit, *linked.syntax, code);
    if (!decoder.run()) {
        log = decoder.error();
        return false;
    }
    compiler_.add(code, decoder.take_origins(), decoder.starts(), decoder.take_stays());
    if (code.is_entry) {
        code.reads_reserved |= code.has_calls && device_reads_reserved_;
        return true;
    }
    callables_.push_back(&code);
    device_reads_reserved_ |= code.reads_reserved;
    device_caches_ += code.cache_count;
    link.module_shared = std::max(link.module_shared, code.shared_bytes);
    return true;
}

int LoadedProgram::decode(ptx::Link& link, bool entries, std::string& log) {
    for (ptx::LinkedFunction& linked : link.functions) {
        if (linked.builtin != ptx::Builtin::none || linked.syntax->is_entry != entries) continue;
        if (!decode_one(link, linked, log)) return kInvalidPtx;
        if (entries) describe(link, linked);
    }
    return 0;
}

void LoadedProgram::describe(const ptx::Link& link, const ptx::LinkedFunction& linked) {
    const ptx::FunctionSyntax& syntax = *linked.syntax;
    const Code& code = *linked.code;
    FunctionInfo facts;
    facts.name = syntax.name;
    std::uint64_t offset = 0;
    for (const ptx::Variable& param : syntax.params) {
        const std::uint64_t align = std::max(1u, param.align);
        offset = (offset + align - 1) / align * align;
        facts.params.push_back(
            {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(param.size), param.align});
        offset += param.size;
    }
    facts.param_bytes = static_cast<std::uint32_t>(offset);
    facts.static_shared = code.shared_bytes;
    facts.local_bytes = code.local_bytes;
    // One slot is one register of 32 lanes; hardware would reuse more of them, so large counts are capped as
    // ptxas does.
    facts.registers = std::clamp(code.frame_bytes / (4 * kLanes), 8u, 128u);
    const auto& required = syntax.required_block;
    const auto& most = syntax.max_block[0] != 0 ? syntax.max_block : required;
    if (most[0] != 0) {
        const std::uint64_t threads = static_cast<std::uint64_t>(most[0]) * most[1] * most[2];
        facts.max_threads = static_cast<std::uint32_t>(std::min<std::uint64_t>(threads, 1024));
    }
    std::ranges::copy(required, facts.required_block);
    facts.ptx_version = modules_[linked.unit].target;
    facts_.push_back(std::move(facts));
    auto function = std::make_unique<Function>();
    function->code = &code;
    function->prepare = [this, &code] { compile(code); };
    function->functions = &table_;
    function->dynamic_align = link.dynamic_align;
    function->cache_count = device_caches_ + code.cache_count;
    functions_.push_back(std::move(function));
}

}  // namespace

LoadResult Program::load(std::span<const std::string_view> units, DeviceServices& services,
                         ManagedImage& managed) {
    auto program = std::make_unique<LoadedProgram>(services, managed);
    LoadResult result;
    result.error = program->load(units, result.log);
    if (result.error == 0) result.program = std::move(program);
    return result;
}

}  // namespace soft
