// Basic blocks of one function, the order they are laid out in, and where diverged lanes meet again. Used by
// the decoder and schedule.cc.
#pragma once
#include <cstdint>
#include <vector>

#include "soft/ptx/syntax.h"

namespace soft::ptx {

constexpr std::uint32_t kNoBlock = ~0u;

struct Block {
    std::uint32_t first = 0;  // statements [first, last)
    std::uint32_t last = 0;
    std::vector<std::uint32_t>
        successors;  // of a conditional branch: where it goes when taken, then what follows
    std::uint32_t position = kNoBlock;  // in the layout; kNoBlock when unreachable
    std::uint32_t loop_depth = 0;
    bool is_join = false;  // diverged lanes may meet at its start
};

struct Cfg {
    std::vector<Block> blocks;
    std::vector<std::uint32_t> order;  // reachable blocks: arms before joins, loops before what follows them
};

// The blocks alone: of each only its statements are filled.
std::vector<Block> find_blocks(const FunctionSyntax& function);

Cfg build_cfg(const FunctionSyntax& function);

// True when control never reaches the statement after this one.
bool ends_flow(const Statement& statement);

}  // namespace soft::ptx
