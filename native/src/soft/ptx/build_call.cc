// Builders of calls, indexed branches and the stack instructions. See builders.h.
#include "soft/launch/call.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

// Where an argument or result lives on the caller's side.
bool call_move(Decoder& d, const Operand& operand, bool is_result, CallMove& out) {
    if (operand.kind == OperandKind::local_symbol) {
        const Variable& variable = d.syntax().locals[operand.index];
        const bool is_kernel_param = d.is_entry() && operand.index < d.syntax().params.size();
        if (variable.space != Space::param || is_kernel_param)
            return d.fail("a call takes .param variables or registers");
        out.size = static_cast<std::uint32_t>(variable.size);
        out.from = d.local_offset(operand.index);
        return true;
    }
    out.from_register = !is_result;
    out.to_register = is_result;
    if (operand.kind == OperandKind::reg) {
        const Type type = d.register_type(operand.index);
        if (type == Type::b128) return d.fail("registers of this type cannot cross a call");
        out.is_predicate = type == Type::pred;
        out.size = out.is_predicate ? 1 : slot_width(type);
        out.from = is_result ? d.target(operand, type) : d.source(operand, type);
        return true;
    }
    if (is_result && operand.kind == OperandKind::sink) {
        out.size = 8;
        out.from = d.temporary(8);
        return true;
    }
    if (is_result) return d.fail("bad result of a call");
    out.size = 8;
    out.from = d.source(operand, operand.kind == OperandKind::f32 ? Type::f32 : Type::b64);
    if (operand.kind == OperandKind::f32) out.size = 4;
    return true;
}

bool call_moves(Decoder& d, const Operand& list, bool is_result, std::vector<CallMove>& out) {
    for (std::uint32_t k = 0; k < list.count; ++k) {
        const Operand& operand = d.child(list, k);
        // A vector register crosses as its elements.
        if (operand.kind == OperandKind::vector) {
            if (!call_moves(d, operand, is_result, out)) return false;
            continue;
        }
        CallMove move;
        if (!call_move(d, operand, is_result, move)) return false;
        out.push_back(move);
    }
    return true;
}

std::uint8_t builtin_variant(Builtin builtin) {
    switch (builtin) {
        case Builtin::vprintf:
            return kCallPrintf;
        case Builtin::assertfail:
            return kCallAssert;
        case Builtin::malloc:
            return kCallMalloc;
        case Builtin::set_condition:
            return kCallSetCondition;
        case Builtin::get_buffer:
            return kCallGetBuffer;
        case Builtin::launch:
            return kCallLaunch;
        case Builtin::create_stream:
            return kCallCreateStream;
        case Builtin::destroy_stream:
            return kCallDestroyStream;
        case Builtin::last_error:
            return kCallLastError;
        case Builtin::peek_error:
            return kCallPeekError;
        default:
            return kCallFree;
    }
}

Insn& emit_call(Decoder& d, std::uint8_t variant, std::unique_ptr<CallSite> site) {
    Insn& insn = d.emit(Family::call, Type::none, variant);
    insn.side = site.get();
    d.code().calls.push_back(std::move(site));
    return insn;
}

bool build_direct(Decoder& d, std::string_view name, const Symbol& symbol, std::unique_ptr<CallSite> site) {
    const LinkedFunction& callee = d.link().functions[symbol.function];
    if (callee.builtin == Builtin::missing) {
        Insn& insn = d.emit(Family::call, Type::none, kCallMissing);
        insn.side = name.data();
        insn.imm = static_cast<std::int64_t>(name.size());
        return true;
    }
    if (callee.builtin != Builtin::none) {
        emit_call(d, builtin_variant(callee.builtin), std::move(site));
        return true;
    }
    const bool same = site->args.size() == callee.syntax->params.size() &&
                      site->results.size() == callee.syntax->results.size();
    if (!same) return d.fail("the call does not fit the function's parameters");
    if (callee.syntax->is_entry) return d.fail("a kernel cannot be called");
    site->callee = callee.code;
    emit_call(d, kCallDirect, std::move(site));
    d.emit(Family::reconverge, Type::none);
    return true;
}

}  // namespace

// call{.uni} {(results),} target {, (args)} {, prototype or targets};
bool build_call(Decoder& d) {
    if (!d.need(1, 4)) return false;
    auto site = std::make_unique<CallSite>();
    std::uint32_t at = 0;
    if (d.operand(0).kind == OperandKind::list) {
        if (!call_moves(d, d.operand(0), true, site->results)) return false;
        at = 1;
    }
    if (at >= d.count()) return d.fail("missing function");
    const Operand& target = d.operand(at++);
    if (at < d.count() && d.operand(at).kind == OperandKind::list) {
        if (!call_moves(d, d.operand(at), false, site->args)) return false;
    }
    if (target.kind == OperandKind::symbol) {
        const Symbol* symbol = d.link().find(d.unit(), target.name);
        if (symbol == nullptr || symbol->kind != SymbolKind::function) {
            return d.fail("'" + std::string(target.name) + "' is not a function");
        }
        return build_direct(d, target.name, *symbol, std::move(site));
    }
    const std::uint32_t address = d.source(target, Type::b64);
    Insn& insn = emit_call(d, kCallIndirect, std::move(site));
    insn.a = address;
    d.emit(Family::reconverge, Type::none);
    return true;
}

bool build_brx(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const Operand& list = d.operand(1);
    if (list.kind != OperandKind::list) return d.fail("expected a list of labels");
    auto table = std::make_unique<std::vector<const Insn*>>(list.count);
    std::vector<std::uint32_t> blocks;
    for (std::uint32_t k = 0; k < list.count; ++k) blocks.push_back(d.block_of_label(d.child(list, k)));
    d.patch_table(table.get(), std::move(blocks));
    const std::uint32_t index = d.source(0, Type::u32);
    const std::uint32_t skip = d.begin_skip();
    Insn& insn = d.emit(Family::brx, Type::none);
    insn.a = index;
    insn.side = table.get();
    d.code().jump_tables.push_back(std::move(table));
    d.end_skip(skip);
    return true;
}

// alloca.type ptr, size {, alignment};
bool build_alloca(Decoder& d) {
    if (!d.need(2, 3)) return false;
    d.code().has_calls = true;
    const std::uint32_t to = d.target(0, d.type());
    const std::uint32_t width = d.operand_width(d.operand(1), d.type());
    const std::uint32_t size = d.source(1, width == 8 ? Type::b64 : Type::b32);
    const std::uint64_t align = d.count() > 2 ? d.operand(2).value : 16;
    Insn& insn = d.emit(Family::alloca, Type::none);
    insn.d = to;
    insn.a = size;
    insn.imm = static_cast<std::int64_t>(align == 0 || align > 4096 ? 16 : align);
    insn.mod[0] = static_cast<std::uint8_t>(width);
    insn.mod[1] = static_cast<std::uint8_t>(slot_width(d.type()));
    return true;
}

bool build_stack(Decoder& d) {
    if (!d.need(1, 1)) return false;
    const bool saves = d.statement().opcode == "stacksave";
    const std::uint32_t slot = saves ? d.target(0, d.type()) : d.source(0, d.type());
    Insn& insn = d.emit(saves ? Family::stacksave : Family::stackrestore, Type::none);
    insn.d = slot;
    insn.a = slot;
    insn.mod[0] = insn.mod[1] = static_cast<std::uint8_t>(slot_width(d.type()));
    return true;
}

}  // namespace soft::ptx
