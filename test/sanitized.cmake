# What builds under a sanitizer share: their time is most of what `npm test` takes.
include("${CMAKE_CURRENT_LIST_DIR}/../proto/precompiled.cmake")

# ferry_quick_build(target): the standard headers are read once, and debug information is lines only.
function(ferry_quick_build target)
    target_compile_options(${target} PRIVATE -g1)
    ferry_precompile(${target})
endfunction()
