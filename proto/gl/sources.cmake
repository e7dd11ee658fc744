# What both ends of OpenGL share beside generated code; needs FERRY_ROOT.
set(FERRY_GL_SHARED_SOURCES
    ${FERRY_ROOT}/proto/gl/pixels.cc
    ${FERRY_ROOT}/proto/gl/sizes.cc)
