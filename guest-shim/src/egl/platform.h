// Displays of the platforms that EGL has here: an X server, no window system, a device of which there is one.
#pragma once
#include "egl/objects.h"

namespace guest::egl {

// The only device.
EGLDeviceEXT the_device();

// Sets EGL's error when it answers null. `platform`: EGL_PLATFORM_X11_KHR and the like; EGL_NONE: what
// EGL_PLATFORM says, else an X server where DISPLAY names one, else no window system.
Display* find_display(EGLenum platform, void* native, const EGLAttrib* attributes);

// Opens what the display stands for, and makes its configurations the first time. False: there is no such
// server, or none whose pixels are ours. The lock is held.
bool open(Display& display);
// The lock is held.
void close(Display& display);

}  // namespace guest::egl
