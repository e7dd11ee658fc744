// The table of traits. See opcode.h.
#include "soft/ptx/opcode.h"

#include "soft/ptx/word_table.h"

namespace soft::ptx {
namespace {

using enum OpcodeTrait;

// clang-format off
constexpr std::pair<std::string_view, OpcodeTraits> kRows[] = {
    {"mov", arithmetic}, {"add", arithmetic}, {"sub", arithmetic}, {"mul", arithmetic}, {"mad", arithmetic},
    {"fma", arithmetic}, {"neg", arithmetic}, {"abs", arithmetic}, {"min", arithmetic}, {"max", arithmetic},
    {"and", arithmetic}, {"or", arithmetic}, {"xor", arithmetic}, {"not", arithmetic}, {"shl", arithmetic},
    {"shr", arithmetic}, {"setp", arithmetic}, {"selp", arithmetic}, {"cvt", arithmetic}, {"div", arithmetic},
    {"sqrt", arithmetic}, {"rcp", arithmetic}, {"cvta", arithmetic}, {"rsqrt", arithmetic},
    {"ex2", arithmetic}, {"lg2", arithmetic},
    {"ld", load}, {"st", {store, reads_all}},
    {"bra", {branch, leaves, guarded, reads_all}}, {"brx", {branch, leaves, guarded, reads_all}},
    {"ret", {leaves, guarded, reads_all}}, {"exit", {leaves, guarded, reads_all}},
    {"trap", {leaves, reads_all}},
    {"call", {call, guarded}},
    {"bar", {reduces, guarded, reads_all}}, {"barrier", {reduces, guarded, reads_all}}, {"mbarrier", guarded},
    {"shfl", guarded}, {"vote", guarded}, {"match", guarded}, {"redux", guarded}, {"elect", guarded},
    {"nanosleep", {guarded, reads_all}},
    {"wmma", {guarded, open_ended}}, {"mma", {guarded, open_ended}},
    {"ldmatrix", {guarded, open_ended}}, {"movmatrix", {guarded, open_ended}},
    {"stmatrix", {guarded, open_ended, reads_all}},
    {"cp", {open_ended, reads_all}}, {"createpolicy", open_ended},
    {"red", reads_all}, {"membar", reads_all}, {"fence", reads_all}, {"prefetch", reads_all},
    {"prefetchu", reads_all}, {"brkpt", reads_all}, {"pmevent", reads_all}, {"sust", reads_all},
    {"sured", reads_all}, {"discard", reads_all}, {"stackrestore", reads_all}, {"applypriority", reads_all},
    {"griddepcontrol", reads_all}, {"setmaxnreg", reads_all},
    {"wgmma", unbuilt}, {"tcgen05", unbuilt}, {"multimem", unbuilt}, {"tensormap", unbuilt},
    {"clusterlaunchcontrol", unbuilt},
};
// clang-format on

constexpr auto kTable = make_word_table(kRows);

}  // namespace

OpcodeTraits find_traits(std::string_view opcode) {
    const OpcodeTraits* found = kTable.find(opcode);
    if (found != nullptr) return *found;
    return opcode.starts_with('v') ? OpcodeTraits(parts) : OpcodeTraits();
}

}  // namespace soft::ptx
