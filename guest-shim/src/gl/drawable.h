// A default framebuffer of the program: a window, a pixmap, a pbuffer. The host keeps its images, under a
// number that all lanes of the process know. Made by glx/ and egl/; several contexts may use one, in turn or
// at once. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "futex.h"
#include "gl/config.h"
#include "gl/gl_lane.h"
#include "gl/outlet.h"

namespace guest::gl {

class Context;

struct Rectangle {
    int x;
    int y;
    int width;
    int height;
};

class Drawable {
  public:
    // `outlet`: null for what is never seen.
    Drawable(const Config& config, Size size, std::unique_ptr<Outlet> outlet);
    // The host's images go with it.
    ~Drawable();
    Drawable(const Drawable&) = delete;
    Drawable& operator=(const Drawable&) = delete;

    std::uint32_t number() const { return number_; }
    const Config& config() const { return config_; }
    Size size();
    // The window's; what it will be from the next frame on.
    Size ask_size();
    // The window is no more.
    bool is_gone() { return outlet_ != nullptr && outlet_->is_gone(); }
    bool has_outlet() const { return outlet_ != nullptr; }

    // From now on records of `lane` draw on it or read it: behind what other lanes did with it.
    void enter(GlLane& lane);
    // They no longer do.
    void leave(GlLane& lane);
    // Shows what has been drawn; then the window's size, if that is another, is taken up. `lane` null: the
    // one that drew last.
    void show(GlLane* lane, Plane plane);
    void show_part(GlLane* lane, const Area& area);
    // The same for a part whose rows count from below, as GL's do; what is of it beyond the drawable is left
    // out.
    void show_rows(GlLane* lane, const Rectangle& rectangle);
    // Shows what is drawn on somebody else's outlet, of the same size.
    void show_on(Outlet& outlet, GlLane* lane);
    // The program has set a viewport of this size. One that does not fit the drawable tells of a window that
    // has changed: its size is asked for, once for each size, and taken up at once.
    void note_viewport(GlLane& lane, Size viewport);
    // Until all frames are shown.
    void finish();

  private:
    void announce(GlLane& lane);
    void take_size(GlLane& lane, Size size);
    GlLane* lane_for(GlLane* lane);

    const std::uint32_t number_;
    const Config config_;
    const std::unique_ptr<Outlet> outlet_;

    Mutex mutex_;
    Size size_;
    bool announced_ = false;
    // The lane that used it last, and how far that had come then.
    GlLane* last_lane_ = nullptr;
    std::uint64_t last_position_ = 0;
    // Viewports that the size was asked for.
    std::array<Size, 8> asked_{};
    std::size_t asked_count_ = 0;
};

// What a context draws on, and reads from.
struct Surfaces {
    std::shared_ptr<Drawable> draw;
    std::shared_ptr<Drawable> read;
    // The program draws where it is seen at once.
    bool draws_front = false;
    bool is_front() const { return draw != nullptr && (draws_front || !draw->config().is_double); }
};

// Makes the context current on the calling thread with these default framebuffers, which may be null; a
// context that was current here is flushed and let go. Null: none.
void bind(Context* context, std::shared_ptr<Drawable> draw, std::shared_ptr<Drawable> read);

// What has been drawn on the front buffer, if anything was, is to be seen.
void show_front(Context& context);

}  // namespace guest::gl
