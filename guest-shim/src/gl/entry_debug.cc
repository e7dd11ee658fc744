// Messages of KHR_debug: their log is the host's, callbacks are the program's (debug_output.h).
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "gl/view.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace {

constexpr GLuint kAtOnce = 16;
// Characters of a message with its NUL.
constexpr std::int64_t kUsual = 4096;
constexpr std::int64_t kMost = 65536;

}  // namespace

void deliver_messages(Context& context) {
    DebugOutput& debug = context.debug;
    if (debug.callback == nullptr || debug.is_busy) return;
    debug.is_busy = true;
    const std::int64_t longest =
        std::clamp(context.facts().number(GL_MAX_DEBUG_MESSAGE_LENGTH, kUsual), std::int64_t{1}, kMost);
    std::vector<GLchar> texts(static_cast<std::size_t>(longest) * kAtOnce);
    std::array<GLenum, kAtOnce> sources{};
    std::array<GLenum, kAtOnce> types{};
    std::array<GLuint, kAtOnce> ids{};
    std::array<GLenum, kAtOnce> severities{};
    std::array<GLsizei, kAtOnce> lengths{};
    GLuint count = kAtOnce;
    while (count == kAtOnce && debug.callback != nullptr) {
        count = hand::glGetDebugMessageLog(context, kAtOnce, static_cast<GLsizei>(texts.size()),
                                           sources.data(), types.data(), ids.data(), severities.data(),
                                           lengths.data(), texts.data());
        std::span<const GLchar> rest(texts);
        for (GLuint at = 0; at < count && debug.callback != nullptr; ++at) {
            const auto length = static_cast<std::size_t>(std::max(lengths[at], 1));
            if (length > rest.size()) break;
            debug.callback(sources[at], types[at], ids[at], severities[at], static_cast<GLsizei>(length - 1),
                           rest.data(), debug.user);
            rest = rest.subspan(length);
        }
    }
    debug.is_busy = false;
}

namespace hand {

void glDebugMessageCallback(Context& context, GLDEBUGPROC callback, const void* userParam) {
    // What the log has had before is not for the callback.
    context.debug.callback = callback;
    context.debug.user = userParam;
}

GLuint glGetDebugMessageLog(Context& context, GLuint count, GLsizei bufSize, GLenum* sources, GLenum* types,
                            GLuint* ids, GLenum* severities, GLsizei* lengths, GLchar* messageLog) {
    if (messageLog != nullptr && bufSize < 0) {
        fail(context, GL_INVALID_VALUE);
        return 0;
    }
    wire::glGetDebugMessageLog_Reply reply;
    // Without room for texts their size does not count.
    const wire::glGetDebugMessageLog_Request request{.count = count,
                                                     .bufSize = messageLog == nullptr ? -1 : bufSize};
    if (!call(context, request, reply)) return 0;
    const std::size_t room = std::size_t{count} * sizeof(GLuint);
    wire::gl::out(sources, reply.sources, room);
    wire::gl::out(types, reply.types, room);
    wire::gl::out(ids, reply.ids, room);
    wire::gl::out(severities, reply.severities, room);
    wire::gl::out(lengths, reply.lengths, room);
    wire::gl::out(messageLog, reply.messageLog, static_cast<std::size_t>(std::max(bufSize, 0)));
    return std::min(reply.result, count);
}

}  // namespace hand
}  // namespace guest::gl
