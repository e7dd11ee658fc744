// The calls of libxcb and libxcb-shm that the presenter makes, found when the first window is: a guest
// without X needs neither library.
#pragma once
#include <xcb/shm.h>
#include <xcb/xcb.h>

namespace guest::present {

// SAFETY: each is declared as in the library's own header.
#define FERRY_XCB_CALLS(CALL)            \
    CALL(xcb_connect)                    \
    CALL(xcb_disconnect)                 \
    CALL(xcb_connection_has_error)       \
    CALL(xcb_get_file_descriptor)        \
    CALL(xcb_get_setup)                  \
    CALL(xcb_get_maximum_request_length) \
    CALL(xcb_get_extension_data)         \
    CALL(xcb_generate_id)                \
    CALL(xcb_flush)                      \
    CALL(xcb_request_check)              \
    CALL(xcb_poll_for_event)             \
    CALL(xcb_create_gc)                  \
    CALL(xcb_put_image)                  \
    CALL(xcb_change_window_attributes)   \
    CALL(xcb_get_geometry)               \
    CALL(xcb_get_geometry_reply)         \
    CALL(xcb_get_input_focus)            \
    CALL(xcb_get_input_focus_reply)      \
    CALL(xcb_setup_pixmap_formats)       \
    CALL(xcb_setup_pixmap_formats_length)
#define FERRY_XCB_SHM_CALLS(CALL)     \
    CALL(xcb_shm_query_version)       \
    CALL(xcb_shm_query_version_reply) \
    CALL(xcb_shm_attach_fd_checked)   \
    CALL(xcb_shm_detach)              \
    CALL(xcb_shm_put_image)

struct XcbApi {
#define FERRY_DECLARE(name) decltype(::name)* name = nullptr;
    FERRY_XCB_CALLS(FERRY_DECLARE)
    FERRY_XCB_SHM_CALLS(FERRY_DECLARE)
#undef FERRY_DECLARE
    xcb_extension_t* shm_id = nullptr;  // null: without libxcb-shm
};

// Null where there is no libxcb; said once.
const XcbApi* xcb_api();

}  // namespace guest::present
