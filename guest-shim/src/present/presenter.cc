// See presenter.h.
#include "present/presenter.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>
#include <utility>

#include "environment.h"
#include "log.h"
#include "present/unpack.h"
#include "present/x_target.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace guest::present {
namespace {

constexpr std::size_t kPixelBytes = 4;
// Frames on their way: the host draws one while the X server takes the other.
constexpr std::uint32_t kMost = 2;
// Of gl_present: the answer's pixels may be packed; of its format: they are.
constexpr std::uint32_t kPack = 2;
constexpr std::uint32_t kPacked = 0x100;
// A reply's result: the host has not drawn it.
constexpr std::uint32_t kRefused = 1;
// How often a thread that waits for frames looks whether somebody forgot it.
constexpr std::int64_t kLookNs = 100'000'000;

std::size_t bytes_of(gl::Size size) { return std::size_t{size.width} * size.height * kPixelBytes; }

bool is_far(int connection) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // SAFETY: the kernel fills a sockaddr of any family into storage that is made for all of them.
    auto* at = reinterpret_cast<sockaddr*>(&address);
    return getsockname(connection, at, &size) == 0 && address.ss_family != AF_UNIX;
}

// FERRY_GL_FRAMES=raw|packed; else those that come over a network are packed.
bool wants_packed(const gl::GlLane& lane) {
    const char* wish = environment("FERRY_GL_FRAMES");
    if (wish != nullptr && strcmp(wish, "packed") == 0) return true;
    return (wish == nullptr || strcmp(wish, "raw") != 0) && is_far(lane.carrier.fd());
}

// Those that came with an answer; none when they cannot be had.
std::span<const std::byte> pixels_of(const wire::gl_present_Reply& reply, ByteBuffer& unpacked) {
    if ((reply.format & kPacked) == 0) return reply.pixels;
    const std::size_t size = bytes_of({reply.width, reply.height});
    const bool fits = size <= wire::limits::kGlFrameBytes && unpack(reply.pixels, size, unpacked);
    return fits ? unpacked.bytes() : std::span<const std::byte>{};
}

}  // namespace

// A frame that the host has been asked for.
struct Presenter::Coming {
    gl::Frame frame{};
    Slot* slot = nullptr;
    std::uint64_t address = 0;  // in the lane's arena; 0: it comes with the answer
    ByteBuffer answer;
    ByteBuffer unpacked;
};

struct Presenter::State {
    explicit State(std::unique_ptr<XTarget> on) : target(std::move(on)) {}

    const std::unique_ptr<XTarget> target;
    Mutex showing;  // held by the thread that shows; never by the one that waits for the host
    bool has_thread = false;
    std::array<Coming, kMost> coming;
    std::atomic<bool> ends{false};
    // Frames, since the beginning.
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> shown{0};
    // Changes whenever one of these does.
    std::atomic<std::uint32_t> word{0};

    void changed() {
        word.fetch_add(1, std::memory_order_release);
        futex_wake(word, INT32_MAX);
    }
    // Until no more than so many are on their way.
    void wait_for_shown(std::uint64_t up_to) {
        for (;;) {
            const std::uint32_t seen = word.load(std::memory_order_acquire);
            if (shown.load(std::memory_order_acquire) >= up_to) return;
            futex_wait(word, seen, kLookNs);
        }
    }
};

std::unique_ptr<Presenter> Presenter::open(const char* display, std::uint32_t drawable, bool is_window) {
    auto target = XTarget::open(display, drawable, is_window);
    if (target == nullptr) return nullptr;
    return std::unique_ptr<Presenter>(new Presenter(std::make_shared<State>(std::move(target))));
}

Presenter::~Presenter() {
    state_->ends.store(true, std::memory_order_release);
    state_->changed();
}

gl::Size Presenter::size() { return state_->target->size(); }
gl::Size Presenter::ask_size() { return state_->target->ask_size(); }

bool Presenter::is_gone() {
    state_->target->read_events();
    return state_->target->is_gone();
}

void Presenter::close_descriptor() { close(state_->target->descriptor()); }

// Asks the host for the frame. False: it cannot be had.
bool Presenter::start(const gl::Frame& frame, Coming& coming) {
    gl::GlLane& lane = *frame.lane;
    if (lane.lost() != abi::CUDA_SUCCESS) return false;
    coming.frame = frame;
    coming.slot = lane.replies.take_slot();
    if (coming.slot == nullptr) return false;
    coming.answer.clear();
    coming.slot->payload = &coming.answer;
    const std::size_t size = bytes_of(frame.size);
    coming.address = lane.arena.is_open() ? lane.arena.take(size) : 0;
    wire::RecordHeader header{};
    header.ticket = coming.slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const wire::gl_present_Request request{.drawable = frame.drawable,
                                           .source = static_cast<std::uint32_t>(frame.plane),
                                           .address = coming.address,
                                           .size = coming.address == 0 ? 0 : size,
                                           .stride = 0,
                                           .format = 0,
                                           .flags = wants_packed(lane) ? kPack : 0};
    const Appended how = lane.append(request, header);
    if (how != Appended::no_memory && how != Appended::lost) {
        lane.seal();
        return true;
    }
    lane.replies.free_slot(coming.slot);
    if (coming.address != 0) lane.arena.give(coming.address, size);
    return false;
}

bool Presenter::has_thread() {
    State& state = *state_;
    if (state.has_thread) return true;
    auto* kept = new (std::nothrow) std::shared_ptr<State>(state_);
    state.has_thread = kept != nullptr && start_thread(main, kept, "ferry-frames");
    if (!state.has_thread) delete kept;
    return state.has_thread;
}

void Presenter::show(const gl::Frame& frame) {
    State& state = *state_;
    {
        Guard guard(state.showing);
        const std::uint64_t asked = state.asked.load(std::memory_order_relaxed);
        if (asked >= kMost) state.wait_for_shown(asked - kMost + 1);
        Coming& coming = state.coming[asked % kMost];
        if (state.target->is_gone() || !start(frame, coming)) return;
        const bool shown_by_thread = has_thread();
        state.asked.store(asked + 1, std::memory_order_release);
        if (!shown_by_thread) show_next(state);
    }
    state.changed();
    // The classic model: whatever is asked for is waited for.
    if (!frame.lane->settings.batching) finish();
}

void Presenter::finish() { state_->wait_for_shown(state_->asked.load(std::memory_order_acquire)); }

// Waits for the host, and then for the X server.
void Presenter::show_next(State& state) {
    const std::uint64_t shown = state.shown.load(std::memory_order_relaxed);
    Coming& coming = state.coming[shown % kMost];
    gl::GlLane& lane = *coming.frame.lane;
    const gl::Frame& frame = coming.frame;
    const auto result = static_cast<std::uint32_t>(lane.wait_patiently(*coming.slot));
    const bool answered = lane.lost() == abi::CUDA_SUCCESS && result != kRefused;
    lane.replies.free_slot(coming.slot);
    wire::gl_present_Reply reply;
    wire::Cursor cursor(coming.answer.bytes());
    if (answered && decode(cursor, reply)) {
        // The host may know of another size by now; what it has written is no larger than what it was given.
        const gl::Size size{reply.width, reply.height};
        if (coming.address == 0) {
            const auto pixels = pixels_of(reply, coming.unpacked);
            if (pixels.size() >= bytes_of(size)) state.target->put({pixels.data(), size}, frame.area);
        } else if (bytes_of(size) <= bytes_of(frame.size)) {
            // SAFETY: the arena stays mapped.
            const auto* pixels = reinterpret_cast<const std::byte*>(coming.address);
            const std::uint64_t offset = coming.address - lane.ring.arena_base() + lane.ring.arena_offset();
            state.target->put({pixels, size, lane.ring.memory(), offset}, frame.area);
        }
    }
    if (coming.address != 0) lane.arena.give(coming.address, bytes_of(frame.size));
    state.shown.store(shown + 1, std::memory_order_release);
    state.changed();
}

void* Presenter::main(void* argument) {
    auto* kept = static_cast<std::shared_ptr<State>*>(argument);
    const std::shared_ptr<State> state = std::move(*kept);
    delete kept;
    for (;;) {
        const std::uint32_t seen = state->word.load(std::memory_order_acquire);
        if (state->asked.load(std::memory_order_acquire) != state->shown.load(std::memory_order_relaxed)) {
            show_next(*state);
        } else if (state->ends.load(std::memory_order_acquire)) {
            return nullptr;
        } else {
            futex_wait(state->word, seen);
        }
    }
}

}  // namespace guest::present
