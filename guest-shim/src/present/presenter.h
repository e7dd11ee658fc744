// Shows the frames of one drawable on an X server: a thread of ours that waits for the host to have drawn,
// and puts the image where it belongs. The program waits only while two frames are on their way. Where it can
// be, the X server reads the frame from where the host has written it: no byte is copied here.
#pragma once
#include <memory>

#include "gl/outlet.h"

namespace guest::present {

class Presenter final : public gl::Outlet {
  public:
    // `drawable`: a window's or pixmap's XID. Null where there is no such thing, or none that takes frames.
    static std::unique_ptr<Presenter> open(const char* display, std::uint32_t drawable, bool is_window);
    // Does not wait: the thread ends once what is on its way has come.
    ~Presenter() override;

    gl::Size size() override;
    gl::Size ask_size() override;
    bool is_gone() override;
    void show(const gl::Frame& frame) override;
    void finish() override;
    // In a forked child: lets go of the parent's connection.
    void close_descriptor();

  private:
    struct State;
    struct Coming;
    explicit Presenter(std::shared_ptr<State> state) : state_(std::move(state)) {}
    static void* main(void* argument);
    static void show_next(State& state);
    bool has_thread();
    bool start(const gl::Frame& frame, Coming& coming);

    const std::shared_ptr<State> state_;
};

}  // namespace guest::present
