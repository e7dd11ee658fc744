# ferry_precompile(target [header...]): the standard headers, and those of ours that most of the target's
# sources have, are read once for all of them; reading is most of what a source file takes. Not where sources
# have flags of their own for how code is made: GCC takes the headers all the same, and makes other code. A
# compiler cache does better without.
function(ferry_precompile target)
    if(CMAKE_CXX_COMPILER_LAUNCHER)
        return()
    endif()
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <bit> <chrono> <cstdint> <cstring>
        <deque> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <unordered_map> <utility>
        <vector> ${ARGN})
endfunction()
