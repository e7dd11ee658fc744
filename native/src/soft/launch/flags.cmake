# Compile flags of single files of the engine. Included where the engine's sources are added to a target, by the library
# and by the engine's own tests; the caller's directory must be the one that adds the target.
get_filename_component(FERRY_LAUNCH_DIR "${CMAKE_CURRENT_LIST_DIR}" ABSOLUTE)
get_filename_component(FERRY_PTX_DIR "${CMAKE_CURRENT_LIST_DIR}/../ptx" ABSOLUTE)
file(GLOB FERRY_BASE_FILES "${FERRY_LAUNCH_DIR}/*.cc" "${FERRY_PTX_DIR}/*.cc")
file(GLOB FERRY_V3_FILES "${FERRY_LAUNCH_DIR}/interpreter_*_v3.cc")
file(GLOB FERRY_V4_FILES "${FERRY_LAUNCH_DIR}/interpreter_*_v4.cc")
file(GLOB FERRY_ROUNDING_FILES "${FERRY_LAUNCH_DIR}/rounded_*.cc")
# Float results are those of PTX, bit for bit: no contraction, no fast math, no assumptions about zeros and NaNs.
set(FERRY_NUMERIC_FLAGS -ffp-contract=off -fno-fast-math -fno-math-errno -fno-trapping-math)
# GCC 12 warns of overlapping copies in `"x" + std::string(y)` where there are none (GCC bug 105651, fixed in 13).
set_property(SOURCE ${FERRY_BASE_FILES} APPEND PROPERTY COMPILE_OPTIONS ${FERRY_NUMERIC_FLAGS} -Wno-restrict)
set_property(SOURCE ${FERRY_V3_FILES} APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v3)
set_property(SOURCE ${FERRY_V4_FILES} APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v4 -mprefer-vector-width=512)
# These switch the rounding mode of the machine around their arithmetic.
set_property(SOURCE ${FERRY_ROUNDING_FILES} APPEND PROPERTY COMPILE_OPTIONS -frounding-math)
# Where headers are precompiled, it is with the flags of the rest.
set_property(SOURCE ${FERRY_V3_FILES} ${FERRY_V4_FILES} ${FERRY_ROUNDING_FILES}
    PROPERTY SKIP_PRECOMPILE_HEADERS ON)
