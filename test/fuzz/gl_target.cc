// Fuzzes the executor of OpenGL's records over the host's own GL: bytes choose a profile and records
// (gl_writer.h), each of which may be answered, be refused, or end its session, after which the next context
// is made. What a sanitizer finds is a finding, in the driver as well. Built into test/native/gl_fuzz_test.
// Two things are left out for Mesa's (22.3) sake: draws of arrays while a display list is compiled, where it
// reads arrays without looking at their buffers' ends, and GL_BITMAP as a type of pixels, at which it does
// not end.
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
constexpr int kRecords = 400;

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
        executor_.run(bytes);
        executor_.flush();
        channel_.replies.clear();
        return !executor_.violated();
    }

  private:
    fake::Channel channel_;
    engine::Meters meters_;
    engine::GlExecutor executor_;
};

// Whether a list is being compiled.
class Lists {
  public:
    bool forbid(std::span<const std::byte> written) {
        wire::RecordHeader header{};
        std::memcpy(&header, written.data(), sizeof header);
        const auto name = wire::gl_call_name(static_cast<wire::GlCallId>(header.call));
        if (name == "glNewList") compiles_ = true;
        if (name == "glEndList") compiles_ = false;
        return compiles_ && (name.starts_with("glDraw") || name.starts_with("glMultiDraw"));
    }

  private:
    bool compiles_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) { return 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Host host;
    static const bool tells = std::getenv("FERRY_FUZZ_TELL") != nullptr;
    static constexpr std::array<std::uint32_t, 4> kProfiles{2, 2, 1, 3};
    fuzz::Choices choices({data, size});
    int records = 0;
    for (int context = 0; context < kContexts && !choices.is_empty(); ++context) {
        Session session(host, kProfiles[choices.below(kProfiles.size())]);
        bool lives = true;
        Lists lists;
        while (lives && !choices.is_empty() && ++records < kRecords) {
            const auto written = fuzz::write_gl_record(choices);
            if (lists.forbid(written)) continue;
            if (tells) std::fprintf(stderr, "%s\n", fuzz::described(written).c_str());
            lives = session.run(written);
            // What is on the screen, now and then.
            if (records % 50 == 0) session.run(record(wire::gl_present_Request{.drawable = 1}));
        }
    }
    return 0;
}
