// See x_target.h.
#include "present/x_target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "log.h"

namespace guest::present {
namespace {

constexpr std::size_t kBytesPerPixel = 4;
// Of a put_image, before its pixels, generously.
constexpr std::size_t kRequestHead = 64;
// Coordinates of X are 16 bits.
constexpr std::uint32_t kLargestSide = 32767;

struct Free {
    void operator()(void* memory) const { free(memory); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::uint64_t packed(gl::Size size) { return std::uint64_t{size.width} << 32 | size.height; }

// Descriptors pass through local sockets only.
bool is_local(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // SAFETY: the kernel fills a sockaddr of any family into storage that is made for all of them.
    auto* at = reinterpret_cast<sockaddr*>(&address);
    return getsockname(descriptor, at, &size) == 0 && address.ss_family == AF_UNIX;
}

}  // namespace

std::unique_ptr<XTarget> XTarget::open(const char* display, std::uint32_t drawable, bool is_window) {
    const XcbApi* api = xcb_api();
    if (api == nullptr) return nullptr;
    xcb_connection_t* connection = api->xcb_connect(display, nullptr);
    std::unique_ptr<XTarget> target(new XTarget(*api, connection, drawable, is_window));
    if (api->xcb_connection_has_error(connection) != 0) {
        log_line(LogLevel::error, "cannot connect to the X server %s to show frames", display);
        return nullptr;
    }
    return target->look_at_drawable() ? std::move(target) : nullptr;
}

XTarget::XTarget(const XcbApi& api, xcb_connection_t* connection, std::uint32_t drawable, bool is_window)
    : api_(api), connection_(connection), drawable_(drawable), is_window_(is_window) {}

XTarget::~XTarget() {
    end_copy();
    api_.xcb_disconnect(connection_);
}

bool XTarget::look_at_drawable() {
    if (is_window_) {
        const std::uint32_t events = XCB_EVENT_MASK_STRUCTURE_NOTIFY;
        api_.xcb_change_window_attributes(connection_, drawable_, XCB_CW_EVENT_MASK, &events);
    }
    if (!learn_depth()) return false;
    gc_ = api_.xcb_generate_id(connection_);
    const std::uint32_t no_exposures = 0;
    api_.xcb_create_gc(connection_, gc_, drawable_, XCB_GC_GRAPHICS_EXPOSURES, &no_exposures);
    look_for_sharing();
    return true;
}

bool XTarget::learn_depth() {
    const auto cookie = api_.xcb_get_geometry(connection_, drawable_);
    const Owned<xcb_get_geometry_reply_t> geometry(api_.xcb_get_geometry_reply(connection_, cookie, nullptr));
    if (geometry == nullptr) return false;
    depth_ = geometry->depth;
    size_.store(packed({geometry->width, geometry->height}), std::memory_order_relaxed);
    const xcb_setup_t* setup = api_.xcb_get_setup(connection_);
    const xcb_format_t* formats = api_.xcb_setup_pixmap_formats(setup);
    const std::span all(formats, static_cast<std::size_t>(api_.xcb_setup_pixmap_formats_length(setup)));
    const bool fits = std::any_of(all.begin(), all.end(), [this](const xcb_format_t& format) {
        return format.depth == depth_ && format.bits_per_pixel == 8 * kBytesPerPixel;
    });
    return fits && setup->image_byte_order == XCB_IMAGE_ORDER_LSB_FIRST;
}

// Passing descriptors came with version 1.2 of the extension.
void XTarget::look_for_sharing() {
    if (api_.shm_id == nullptr || !is_local(descriptor())) return;
    const xcb_query_extension_reply_t* extension = api_.xcb_get_extension_data(connection_, api_.shm_id);
    if (extension == nullptr || extension->present == 0) return;
    const auto cookie = api_.xcb_shm_query_version(connection_);
    const Owned<xcb_shm_query_version_reply_t> version(
        api_.xcb_shm_query_version_reply(connection_, cookie, nullptr));
    if (version == nullptr) return;
    shares_ = version->major_version > 1 || (version->major_version == 1 && version->minor_version >= 2);
}

gl::Size XTarget::size() const {
    const std::uint64_t size = size_.load(std::memory_order_relaxed);
    return {static_cast<std::uint32_t>(size >> 32), static_cast<std::uint32_t>(size)};
}

void XTarget::read_event(const xcb_generic_event_t& event) {
    constexpr unsigned kSentByClient = 0x80;
    switch (event.response_type & ~kSentByClient) {
        case 0: {
            // SAFETY: an event of type 0 is an error.
            const auto& error = reinterpret_cast<const xcb_generic_error_t&>(event);
            if (error.error_code == XCB_WINDOW || error.error_code == XCB_DRAWABLE ||
                error.error_code == XCB_PIXMAP) {
                gone_.store(true, std::memory_order_relaxed);
            }
            log_line(LogLevel::debug, "the X server refuses a frame: error %d", error.error_code);
            break;
        }
        case XCB_CONFIGURE_NOTIFY: {
            // SAFETY: the type says what the event is.
            const auto& now = reinterpret_cast<const xcb_configure_notify_event_t&>(event);
            if (now.window != drawable_) break;
            size_.store(packed({now.width, now.height}), std::memory_order_relaxed);
            break;
        }
        case XCB_DESTROY_NOTIFY: {
            // SAFETY: the type says what the event is.
            const auto& now = reinterpret_cast<const xcb_destroy_notify_event_t&>(event);
            if (now.window == drawable_) gone_.store(true, std::memory_order_relaxed);
            break;
        }
        default:
            break;
    }
}

void XTarget::read_events() {
    // Sizes are to be taken up in the order in which the server tells them.
    Guard guard(events_);
    while (const Owned<xcb_generic_event_t> event{api_.xcb_poll_for_event(connection_)}) read_event(*event);
    if (api_.xcb_connection_has_error(connection_) != 0) gone_.store(true, std::memory_order_relaxed);
}

gl::Size XTarget::ask_size() {
    if (is_gone()) return size();
    const auto cookie = api_.xcb_get_geometry(connection_, drawable_);
    const Owned<xcb_get_geometry_reply_t> geometry(api_.xcb_get_geometry_reply(connection_, cookie, nullptr));
    read_events();
    if (geometry == nullptr) return size();
    size_.store(packed({geometry->width, geometry->height}), std::memory_order_relaxed);
    return size();
}

xcb_shm_seg_t XTarget::segment_of(int file) {
    if (!shares_ || file < 0) return 0;
    for (const Segment& segment : segments_) {
        if (segment.file == file) return segment.name;
    }
    const int given = fcntl(file, F_DUPFD_CLOEXEC, 3);
    if (given < 0) return 0;
    const xcb_shm_seg_t name = api_.xcb_generate_id(connection_);
    // libxcb closes what it has sent.
    const auto cookie = api_.xcb_shm_attach_fd_checked(connection_, name, given, 1);
    const Owned<xcb_generic_error_t> error(api_.xcb_request_check(connection_, cookie));
    if (error != nullptr || api_.xcb_connection_has_error(connection_) != 0) {
        segments_.push_back({file, 0});
        return 0;
    }
    segments_.push_back({file, name});
    return name;
}

void XTarget::forget_segment(int file) {
    const auto known = std::find_if(segments_.begin(), segments_.end(),
                                    [file](const Segment& segment) { return segment.file == file; });
    if (known == segments_.end()) return;
    if (known->name != 0) api_.xcb_shm_detach(connection_, known->name);
    segments_.erase(known);
}

bool XTarget::make_room(std::size_t size) {
    if (copy_.memory.size() >= size) return true;
    end_copy();
    copy_.file = memfd_create("ferry-frame", MFD_CLOEXEC);
    if (copy_.file < 0 || ftruncate(copy_.file, static_cast<off_t>(size)) != 0) return false;
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, copy_.file, 0);
    if (memory == MAP_FAILED) return false;
    copy_.memory = {static_cast<std::byte*>(memory), size};
    return true;
}

void XTarget::end_copy() {
    if (copy_.file < 0) return;
    forget_segment(copy_.file);
    if (!copy_.memory.empty()) munmap(copy_.memory.data(), copy_.memory.size());
    close(copy_.file);
    copy_ = Copy{};
}

bool XTarget::put_shared(const Image& image, const gl::Area& area) {
    if (image.offset > UINT32_MAX) return false;
    const xcb_shm_seg_t segment = segment_of(image.file);
    if (segment == 0) return false;
    api_.xcb_shm_put_image(connection_, drawable_, gc_, static_cast<std::uint16_t>(image.size.width),
                           static_cast<std::uint16_t>(image.size.height), static_cast<std::uint16_t>(area.x),
                           static_cast<std::uint16_t>(area.y), static_cast<std::uint16_t>(area.size.width),
                           static_cast<std::uint16_t>(area.size.height), static_cast<std::int16_t>(area.x),
                           static_cast<std::int16_t>(area.y), depth_, XCB_IMAGE_FORMAT_Z_PIXMAP, 0, segment,
                           static_cast<std::uint32_t>(image.offset));
    return true;
}

bool XTarget::put_copied(const Image& image, const gl::Area& area) {
    const std::size_t size = std::size_t{image.size.width} * image.size.height * kBytesPerPixel;
    if (!shares_ || !make_room(size)) return false;
    memcpy(copy_.memory.data(), image.pixels, size);
    if (put_shared({copy_.memory.data(), image.size, copy_.file, 0}, area)) return true;
    log_line(LogLevel::note, "the X server maps no memory of ours: frames are sent to it");
    shares_ = false;
    return false;
}

// Whole rows, as many at a time as a request holds.
void XTarget::put_bytes(const Image& image, const gl::Area& area) {
    const std::size_t row = image.size.width * kBytesPerPixel;
    const std::size_t most = std::size_t{4} * api_.xcb_get_maximum_request_length(connection_);
    const auto rows = static_cast<std::uint32_t>((most - kRequestHead) / row);
    if (rows == 0) return;
    for (std::uint32_t y = area.y; y < area.y + area.size.height; y += rows) {
        const std::uint32_t height = std::min(rows, area.y + area.size.height - y);
        api_.xcb_put_image(connection_, XCB_IMAGE_FORMAT_Z_PIXMAP, drawable_, gc_,
                           static_cast<std::uint16_t>(image.size.width), static_cast<std::uint16_t>(height),
                           0, static_cast<std::int16_t>(y), 0, depth_,
                           static_cast<std::uint32_t>(row * height),
                           // SAFETY: bytes, by another name.
                           reinterpret_cast<const std::uint8_t*>(image.pixels) + row * y);
    }
}

// The server has done what was asked of it, and what it says of that has been read.
void XTarget::settle() {
    const auto cookie = api_.xcb_get_input_focus(connection_);
    const Owned<xcb_get_input_focus_reply_t> reply(
        api_.xcb_get_input_focus_reply(connection_, cookie, nullptr));
    read_events();
}

void XTarget::put(const Image& image, const gl::Area& area) {
    if (is_gone() || image.size.width > kLargestSide || image.size.height > kLargestSide) return;
    const gl::Area within{
        std::min(area.x, image.size.width),
        std::min(area.y, image.size.height),
        {std::min(area.size.width, image.size.width - std::min(area.x, image.size.width)),
         std::min(area.size.height, image.size.height - std::min(area.y, image.size.height))}};
    if (within.size.width == 0 || within.size.height == 0) return;
    if (!put_shared(image, within) && !put_copied(image, within)) put_bytes(image, within);
    settle();
}

}  // namespace guest::present
