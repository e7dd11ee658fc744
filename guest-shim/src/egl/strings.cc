// See strings.h.
#include "egl/strings.h"

#include "gl/enums.h"

#define FERRY_EGL_PLATFORMS \
    "EGL_EXT_platform_device EGL_EXT_platform_x11 EGL_KHR_platform_x11 EGL_MESA_platform_surfaceless"

namespace guest::egl {
namespace {

constexpr const char* kClientExtensions =
    "EGL_EXT_client_extensions EGL_EXT_device_base EGL_EXT_device_enumeration EGL_EXT_device_query "
    "EGL_EXT_platform_base EGL_KHR_client_get_all_proc_addresses EGL_KHR_debug " FERRY_EGL_PLATFORMS;
constexpr const char* kDisplayExtensions =
    "EGL_EXT_create_context_robustness EGL_EXT_swap_buffers_with_damage EGL_KHR_context_flush_control "
    "EGL_KHR_create_context EGL_KHR_fence_sync "
    "EGL_KHR_get_all_proc_addresses EGL_KHR_gl_colorspace EGL_KHR_no_config_context "
    "EGL_KHR_surfaceless_context EGL_KHR_swap_buffers_with_damage EGL_KHR_wait_sync "
    "EGL_MESA_configless_context EGL_MESA_query_driver EGL_NV_post_sub_buffer";

}  // namespace

const char* const kPlatformExtensions = FERRY_EGL_PLATFORMS;

const char* client_text(EGLint name) {
    if (name == EGL_EXTENSIONS) return kClientExtensions;
    return name == EGL_VERSION ? "1.5 Ferry" : nullptr;
}

const char* display_text(EGLint name) {
    switch (name) {
        case EGL_CLIENT_APIS:
            return "OpenGL OpenGL_ES";
        case EGL_EXTENSIONS:
            return kDisplayExtensions;
        case EGL_VENDOR:
            return kVendor;
        case EGL_VERSION:
            return "1.5 Ferry";
        default:
            return nullptr;
    }
}

}  // namespace guest::egl
