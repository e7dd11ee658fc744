# What builds under a sanitizer share: their time is most of what `npm test` takes.
#
# ferry_quick_build(target): the standard headers are read once, and debug information is lines only.
function(ferry_quick_build target)
    target_compile_options(${target} PRIVATE -g1)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <bit> <chrono> <cstdint> <cstring>
        <deque> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <unordered_map> <utility>
        <vector>)
endfunction()
