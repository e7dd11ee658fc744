// Occupancy of random kernels for random launches: what the shim computes by itself must be what the driver
// says, to the last block and in every error. The digest of all answers is compared with that of a direct
// run. Run by test/e2e as `occupancy_questions SEED [KERNELS] [QUESTIONS]`.
#include <string>

#include "driver.h"

namespace {

std::size_t shared_of(int block) { return std::size_t(block) * 24; }

// A kernel with some registers, shared memory and bounds; it is never launched.
std::string random_kernel(guest::Random& random) {
    std::string text =
        ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry subject(.param .u64 p)\n";
    const unsigned bounds = random.below(3);
    const std::string threads = std::to_string(1 + random.below(1024));
    if (bounds == 1) text += ".maxntid " + threads + "\n";
    if (bounds == 2) text += ".reqntid " + threads + "\n";
    const std::string registers = std::to_string(2 + random.below(200));
    const std::string addresses = std::to_string(1 + random.below(60));
    text += "{\n.reg .u32 %r<" + registers + ">;\n.reg .u64 %a<" + addresses + ">;\n";
    if (random.below(2) == 1)
        text += ".shared .align 4 .b8 cells[" + std::to_string(1 + random.below(48 << 10)) + "];\n";
    return text + "ret;\n}\n";
}

struct Answers {
    CUresult result = CUDA_SUCCESS;
    int blocks = -1;
    int grid = -1;
    int block = -1;
    std::size_t bytes = 0;
};

void ask(guest::Run& run, CUfunction function) {
    const int block = int(run.random.below(1100));
    const std::size_t dynamic = run.random.below(run.random.below(3) == 0 ? 200 << 10 : 9000);
    const unsigned flags = run.random.below(8) == 0 ? run.random.below(4) : 0;
    const int limit = run.random.below(3) == 0 ? int(run.random.below(1100)) : 0;
    const auto sizing = run.random.below(4) == 0 ? shared_of : nullptr;
    const auto note = [&](const Answers& answers) {
        run.digest(&answers.result, 1);
        if (answers.result != CUDA_SUCCESS) return;
        run.digest(&answers.blocks, 1);
        run.digest(&answers.grid, 1);
        run.digest(&answers.block, 1);
        run.digest(&answers.bytes, 1);
    };
    Answers active, flagged, best, room;
    active.result = cuOccupancyMaxActiveBlocksPerMultiprocessor(&active.blocks, function, block, dynamic);
    flagged.result = cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(&flagged.blocks, function, block,
                                                                          dynamic, flags);
    best.result =
        cuOccupancyMaxPotentialBlockSize(&best.grid, &best.block, function, sizing, dynamic, limit);
    const int wanted = int(run.random.below(34));
    room.result = cuOccupancyAvailableDynamicSMemPerBlock(&room.bytes, function, wanted, block);
    for (const Answers& answers : {active, flagged, best, room}) note(answers);
    // What was said to be room is room.
    if (room.result != CUDA_SUCCESS || room.bytes == 0) return;
    int again = 0;
    CU_OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&again, function, block, room.bytes));
    run.digest(&again, 1);
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("occupancy_questions", argc, argv);
    guest::Session session;
    const long kernels = run.size(0, 40);
    const long questions = run.size(1, 100);
    for (long index = 0; index < kernels; ++index) {
        CUmodule module = nullptr;
        CUfunction function = nullptr;
        CU_OK(cuModuleLoadData(&module, random_kernel(run.random).c_str()));
        CU_OK(cuModuleGetFunction(&function, module, "subject"));
        for (long question = 0; question < questions; ++question) ask(run, function);
        if (index % 4 == 0) {
            // A wish for the split of shared memory: then the driver itself has to answer.
            CU_OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50));
            ask(run, function);
        }
        CU_OK(cuModuleUnload(module));
    }
    return run.finish();
}
