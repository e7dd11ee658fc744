// See xcb_api.h.
#include "present/xcb_api.h"

#include "library.h"
#include "log.h"

namespace guest::present {
namespace {

const XcbApi* load() {
    void* library = open_library("libxcb.so.1");
    auto& api = *new XcbApi;
    bool complete = library != nullptr;
#define FERRY_FIND(name) complete = complete && find(library, #name, api.name);
    FERRY_XCB_CALLS(FERRY_FIND)
#undef FERRY_FIND
    if (!complete) {
        log_line(LogLevel::error, "libxcb.so.1 cannot be loaded: nothing that OpenGL draws can be shown");
        return nullptr;
    }
    library = open_library("libxcb-shm.so.0");
    bool shares = library != nullptr;
#define FERRY_FIND_SHM(name) shares = shares && find(library, #name, api.name);
    FERRY_XCB_SHM_CALLS(FERRY_FIND_SHM)
    if (shares && !find(library, "xcb_shm_id", api.shm_id)) api.shm_id = nullptr;
    return &api;
}

}  // namespace

const XcbApi* xcb_api() {
    static const XcbApi* const api = load();
    return api;
}

}  // namespace guest::present
