// What the guests of this folder that draw by GLX share: a window, and a way to look at it.
#pragma once
#include <GL/gl.h>
#include <GL/glx.h>

#define FERRY_WINDOW_LIBRARY "libGL.so.1"
#define FERRY_WINDOW_PREFIX "glX"
#define FERRY_GL_LIBRARY "libGL.so.1"
#define FERRY_FINDER "glXGetProcAddressARB"
#include "calls.h"
#include "pixels.h"
