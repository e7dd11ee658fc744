// The table of builders by opcode. See decoder.h.
#include "soft/ptx/builders.h"
#include "soft/ptx/word_table.h"

namespace soft::ptx {
namespace {

// clang-format off
constexpr std::pair<std::string_view, Builder> kRows[] = {
    {"add", build_add}, {"sub", build_sub}, {"mul", build_mul}, {"mad", build_mad}, {"fma", build_fma},
    {"div", build_div}, {"rem", build_rem}, {"neg", build_neg}, {"abs", build_abs}, {"min", build_min},
    {"max", build_max}, {"sqrt", build_root}, {"rcp", build_root}, {"and", build_and}, {"or", build_or},
    {"xor", build_xor}, {"not", build_not}, {"cnot", build_cnot}, {"shl", build_shl}, {"shr", build_shr},
    {"setp", build_setp}, {"selp", build_selp}, {"mov", build_mov}, {"cvta", build_cvta},
    {"cvt", build_cvt}, {"ld", build_ld}, {"ldu", build_ld}, {"st", build_st}, {"bra", build_bra},
    {"ret", build_ret}, {"exit", build_exit}, {"trap", build_trap}, {"bar", build_bar},
    {"barrier", build_bar}, {"prefetch", build_nothing}, {"prefetchu", build_nothing},
    {"discard", build_nothing}, {"applypriority", build_nothing}, {"brkpt", build_nothing},
    {"pmevent", build_nothing}, {"griddepcontrol", build_nothing}, {"setmaxnreg", build_nothing},
    {"membar", build_fence}, {"fence", build_fence}, {"shfl", build_shfl}, {"vote", build_vote},
    {"match", build_match}, {"redux", build_redux}, {"elect", build_elect},
    {"activemask", build_activemask}, {"atom", build_atom}, {"popc", build_count}, {"clz", build_count},
    {"brev", build_count}, {"bfind", build_bfind}, {"bfe", build_bfe}, {"bfi", build_bfi},
    {"prmt", build_prmt}, {"shf", build_shf}, {"lop3", build_lop3}, {"sad", build_sad},
    {"mul24", build_mul24}, {"mad24", build_mul24}, {"dp4a", build_dot}, {"dp2a", build_dot},
    {"fns", build_fns}, {"bmsk", build_bmsk}, {"szext", build_bmsk}, {"copysign", build_copysign},
    {"testp", build_testp}, {"set", build_set}, {"slct", build_slct}, {"addc", build_addc},
    {"subc", build_subc}, {"madc", build_madc}, {"ex2", build_approximate}, {"lg2", build_approximate},
    {"sin", build_approximate}, {"cos", build_approximate}, {"tanh", build_approximate},
    {"rsqrt", build_approximate}, {"cp", build_cp}, {"red", build_atom}, {"nanosleep", build_nanosleep},
    {"isspacep", build_isspacep}, {"call", build_call}, {"brx", build_brx}, {"alloca", build_alloca},
    {"stacksave", build_stack}, {"stackrestore", build_stack}, {"tex", build_tex}, {"tld4", build_tex},
    {"txq", build_texture_query}, {"suq", build_texture_query}, {"suld", build_surface},
    {"sust", build_surface}, {"sured", build_surface},
    {"mbarrier", build_mbarrier}, {"wmma", build_wmma}, {"mma", build_mma},
    {"ldmatrix", build_matrix_rows}, {"stmatrix", build_matrix_rows}, {"movmatrix", build_movmatrix},
    {"vadd", build_video}, {"vsub", build_video}, {"vabsdiff", build_video}, {"vmin", build_video},
    {"vmax", build_video}, {"vshl", build_video}, {"vshr", build_video}, {"vmad", build_video},
    {"vset", build_video}, {"vadd2", build_video_simd}, {"vsub2", build_video_simd},
    {"vavrg2", build_video_simd}, {"vabsdiff2", build_video_simd}, {"vmin2", build_video_simd},
    {"vmax2", build_video_simd}, {"vset2", build_video_simd}, {"vadd4", build_video_simd},
    {"vsub4", build_video_simd}, {"vavrg4", build_video_simd}, {"vabsdiff4", build_video_simd},
    {"vmin4", build_video_simd}, {"vmax4", build_video_simd}, {"vset4", build_video_simd},
    {"createpolicy", build_policy}, {"mapa", build_mapa}, {"getctarank", build_cluster_rank},
};
// clang-format on

constexpr auto kTable = make_word_table(kRows);

}  // namespace

Builder find_builder(std::string_view opcode, bool& known) {
    const Builder* found = kTable.find(opcode);
    known = found != nullptr;
    return known ? *found : nullptr;
}

}  // namespace soft::ptx
