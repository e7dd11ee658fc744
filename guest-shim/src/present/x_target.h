// A window or pixmap of an X server, over a connection of our own: the program's is not touched, and what
// goes wrong here never reaches its error handler. What needs no wait may be called by any thread; put() by
// one.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "futex.h"
#include "gl/outlet.h"
#include "present/xcb_api.h"

namespace guest::present {

// Bytes B, G, R and any, without gaps, the highest row first. `file`: what they are mapped from, from
// `offset` on; -1: no file.
struct Image {
    const std::byte* pixels;
    gl::Size size;
    int file = -1;
    std::uint64_t offset = 0;
};

class XTarget {
  public:
    // Null: there is no such server, no such drawable, or none whose pixels are bytes of B, G, R.
    static std::unique_ptr<XTarget> open(const char* display, std::uint32_t drawable, bool is_window);
    ~XTarget();
    XTarget(const XTarget&) = delete;
    XTarget& operator=(const XTarget&) = delete;

    gl::Size size() const;
    bool is_gone() const { return gone_.load(std::memory_order_relaxed); }
    // Takes up what the server has said. Never waits.
    void read_events();
    // Asks the server.
    gl::Size ask_size();
    // Puts a part of the image where it belongs, and waits until the server has done so.
    void put(const Image& image, const gl::Area& area);
    // For a forked child, which must not talk on the parent's connection.
    int descriptor() const { return api_.xcb_get_file_descriptor(connection_); }

  private:
    XTarget(const XcbApi& api, xcb_connection_t* connection, std::uint32_t drawable, bool is_window);
    bool look_at_drawable();
    bool learn_depth();
    void look_for_sharing();
    void read_event(const xcb_generic_event_t& event);
    // The server's name for the file's memory; 0 when it cannot have it.
    xcb_shm_seg_t segment_of(int file);
    void forget_segment(int file);
    bool put_shared(const Image& image, const gl::Area& area);
    // By way of memory of our own, for images whose own memory the server cannot have.
    bool put_copied(const Image& image, const gl::Area& area);
    bool make_room(std::size_t size);
    void end_copy();
    void put_bytes(const Image& image, const gl::Area& area);
    void settle();

    const XcbApi& api_;
    xcb_connection_t* const connection_;
    const std::uint32_t drawable_;
    const bool is_window_;
    std::uint8_t depth_ = 0;
    xcb_gcontext_t gc_ = 0;
    bool shares_ = false;
    struct Segment {
        int file;
        xcb_shm_seg_t name;
    };
    std::vector<Segment> segments_;
    struct Copy {
        int file = -1;
        std::span<std::byte> memory;
    };
    Copy copy_;
    Mutex events_;
    std::atomic<bool> gone_{false};
    std::atomic<std::uint64_t> size_{0};  // width in the upper half
};

}  // namespace guest::present
