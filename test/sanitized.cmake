# What builds under a sanitizer share: their time is most of what `npm test` takes.
include("${CMAKE_CURRENT_LIST_DIR}/../proto/precompiled.cmake")

# ferry_quick_build(target [header...]): headers are read once, and debug information is lines only.
function(ferry_quick_build target)
    target_compile_options(${target} PRIVATE -g1)
    ferry_precompile(${target} ${ARGN})
endfunction()

# ferry_unite(target source...): the target's sources are compiled ten at a time. They are small, and what one takes by
# itself is mostly its headers, and the inline functions and templates of those, which the others have, too. Names in
# anonymous namespaces must therefore be of their own; `source...` are compiled alone. Not for what users run: of a
# function that several sources use the compiler inlines less there.
function(ferry_unite target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    # It is meant for types of headers; those of sources, which are included here, are in one place all the same.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    if(ARGN)
        set_property(SOURCE ${ARGN} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
endfunction()
