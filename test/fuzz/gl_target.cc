// Fuzzes the executor of OpenGL's records over the host's own GL: bytes choose a profile and records
// (gl_writer.h), each of which may be answered, be refused, or end its session, after which the next context
// is made. What a sanitizer finds is a finding, in the driver as well. Built into test/native/gl_fuzz_test.
// Left out is where Mesa (22.3) itself does not end, lists that call lists and GL_BITMAP as a type of pixels,
// or reads past its own copy, GL_COLOR_INDEX of images with longer rows than are drawn.
#include "gl_target.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/gl/gl_executor.h"
#include "fake_worker.h"
#include "gl/enums.h"
#include "gl_writer.h"
#include "target.h"
#include "wire/gl_call_id.h"

namespace {

constexpr int kContexts = 4;
constexpr int kWaits = 50;
constexpr std::size_t kCalls = 0x800;
constexpr std::size_t kErrors = 8;
constexpr std::size_t kPairs = 1 << 15;
constexpr std::uint16_t kFirstGlCall = 0x4000;

std::array<std::uint8_t, kCalls * kErrors + kPairs> reached;

struct Host {
    engine::Poke poke;
    fake::Events events;
    engine::gl::Lanes lanes{{}, poke, events};
};

template <class Request>
std::vector<std::byte> record(const Request& request) {
    return fake::Batch().add(request, {.ticket = 1, .context = 0}).bytes;
}

class Session {
  public:
    Session(Host& host, std::uint32_t profile)
        : meters_(nullptr), executor_(host.lanes, 1, channel_, meters_, host.poke) {
        run(record(wire::gl_context_create_Request{.group = 1, .profile = profile}));
        run(record(wire::gl_drawable_Request{.drawable = 1,
                                             .width = 32,
                                             .height = 24,
                                             .colour = GL_RGBA8,
                                             .depth = 24,
                                             .stencil = 8,
                                             .flags = 1}));
        run(record(wire::gl_make_current_Request{.draw = 1, .read = 1}));
    }
    // False: the session is over.
    bool run(const std::vector<std::byte>& bytes) {
        // What waits is tried again.
        for (int turn = 0; turn < kWaits && executor_.run(bytes) == 0 && !executor_.violated(); ++turn) {
        }
        executor_.flush();
        channel_.replies.clear();
        return !executor_.violated();
    }
    const std::string& violation() const { return executor_.violation(); }
    // The same, and what it has reached is noted.
    bool run_noting(const std::vector<std::byte>& bytes) {
        if (!run(bytes)) return false;
        executor_.settle_errors();
        const GLenum error = executor_.take_error();
        wire::RecordHeader header{};
        std::memcpy(&header, bytes.data(), sizeof header);
        const std::size_t call = static_cast<std::size_t>(header.call - kFirstGlCall) % kCalls;
        reached[call * kErrors + error % kErrors] = 1;
        if (error != 0) return true;
        reached[kCalls * kErrors + (last_ * 31 + call) % kPairs] = 1;
        last_ = call;
        return true;
    }

  private:
    fake::Channel channel_;
    engine::Meters meters_;
    engine::GlExecutor executor_;
    std::size_t last_ = 0;
};

// Lists that call lists are not compiled: at 64 of them within each other GL would not end.
class Lists {
  public:
    bool forbid(std::span<const std::byte> written) {
        wire::RecordHeader header{};
        std::memcpy(&header, written.data(), sizeof header);
        const auto call = static_cast<wire::GlCallId>(header.call);
        if (call == wire::GlCallId::glNewList) compiles_ = true;
        if (call == wire::GlCallId::glEndList) compiles_ = false;
        return compiles_ && (call == wire::GlCallId::glCallList || call == wire::GlCallId::glCallLists);
    }

  private:
    bool compiles_ = false;
};

// A record of Ferry's own.
std::vector<std::byte> own_record(fuzz::Choices& choices) {
    const auto small = [&] { return static_cast<std::uint32_t>(choices.below(4)); };
    const auto any = [&](std::uint32_t bound) {
        return choices.below(16) == 0 ? static_cast<std::uint32_t>(choices.word())
                                      : static_cast<std::uint32_t>(choices.below(bound));
    };
    static constexpr std::array kColours{GL_RGBA8, GL_RGB8, GL_SRGB8_ALPHA8, GL_RGB10_A2, GL_RGB565};
    switch (choices.below(6)) {
        case 0: {
            const GLenum colour = kColours[choices.below(kColours.size())];
            return record(wire::gl_drawable_Request{.drawable = small(),
                                                    .width = any(80),
                                                    .height = any(80),
                                                    .colour = colour,
                                                    .depth = 8 * small(),
                                                    .stencil = 8 * (small() & 1),
                                                    .samples = small() * small(),
                                                    .flags = small() & 1});
        }
        case 1:
            return record(wire::gl_drawable_gone_Request{.drawable = small()});
        case 2:
            return record(wire::gl_present_Request{.drawable = small(),
                                                   .source = small() & 1,
                                                   .address = choices.below(8) == 0 ? choices.word() : 0,
                                                   .size = any(9000),
                                                   .stride = small() == 0 ? any(400) : 0,
                                                   .format = small() & 1,
                                                   .flags = small()});
        case 3:
            return record(wire::gl_await_Request{.lane = any(2), .position = choices.below(1000)});
        default:
            return record(wire::gl_make_current_Request{.draw = small(), .read = small()});
    }
}

}  // namespace

std::span<std::uint8_t> fuzz::gl_reached() { return reached; }

extern "C" int LLVMFuzzerInitialize(int*, char***) { return 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Host host;
    static const bool tells = std::getenv("FERRY_FUZZ_TELL") != nullptr;
    static constexpr std::array<std::uint32_t, 4> kProfiles{2, 2, 1, 3};
    std::span<const std::uint8_t> rest(data, size);
    const auto next = [&rest] {
        const auto bytes = rest.first(std::min(rest.size(), fuzz::kRecordBytes));
        rest = rest.subspan(bytes.size());
        return fuzz::Choices(bytes);
    };
    std::size_t records = 0;
    for (int context = 0; context < kContexts && !rest.empty(); ++context) {
        Session session(host, kProfiles[next().below(kProfiles.size())]);
        bool lives = true;
        Lists lists;
        while (lives && !rest.empty() && ++records < fuzz::kMostRecords) {
            fuzz::Choices choices = next();
            const auto written =
                choices.below(32) == 0 ? own_record(choices) : fuzz::write_gl_record(choices);
            if (lists.forbid(written)) continue;
            if (tells) std::fprintf(stderr, "%s\n", fuzz::described(written).c_str());
            lives = session.run_noting(written);
            if (tells && !lives) std::fprintf(stderr, "ended: %s\n", session.violation().c_str());
        }
    }
    return 0;
}
