// Names on their way through a lane of GL. Part of gl_executor.h's class.
#include <algorithm>
#include <utility>

#include "engine/gl/gl_executor.h"

namespace engine {
namespace {

constexpr std::size_t kMaxSyncs = 65536;

}  // namespace

const GLuint* GlExecutor::names(GlName kind, std::span<const GLuint> guest) {
    host_names_.resize(guest.size());
    for (std::size_t index = 0; index < guest.size(); ++index) host_names_[index] = name(kind, guest[index]);
    return host_names_.data();
}

void GlExecutor::give(GlName kind, GLuint guest, GLuint host) {
    if (guest == 0 || host == 0) return;
    if (!names_of(kind).set(guest, host)) violate("the guest has made too many names of one kind up");
}

const GLuint* GlExecutor::taken(GlName kind, std::span<const GLuint> guest) {
    host_names_.assign(std::max<std::size_t>(guest.size(), 1), 0);
    gl::Names& names = names_of(kind);
    for (std::size_t index = 0; index < guest.size(); ++index) {
        if (guest[index] == 0) continue;
        host_names_[index] = names.find(guest[index]);
        if (host_names_[index] != 0) (void)names.set(guest[index], 0);
    }
    return host_names_.data();
}

// As binding a name does in the profiles that allow it. Another lane may do the same at this moment: then its
// object is everybody's.
GLuint GlExecutor::made_up(GlName kind, GLuint guest) {
    using Gen = void (*)(GLsizei, GLuint*);
    using Delete = void (*)(GLsizei, const GLuint*);
    std::pair<Gen, Delete> calls{};
    if (kind == GlName::texture) calls = {table_.glGenTextures, table_.glDeleteTextures};
    if (kind == GlName::buffer) calls = {table_.glGenBuffers, table_.glDeleteBuffers};
    if (kind == GlName::renderbuffer) calls = {table_.glGenRenderbuffers, table_.glDeleteRenderbuffers};
    if (kind == GlName::framebuffer) calls = {table_.glGenFramebuffers, table_.glDeleteFramebuffers};
    if (kind == GlName::query && !is_es_) calls = {table_.glGenQueries, table_.glDeleteQueries};
    if (!makes_names_up_ || calls.first == nullptr || calls.second == nullptr) return gl::kNoObject;
    GLuint made = 0;
    calls.first(1, &made);
    const GLuint host = names_of(kind).settle(guest, made);
    if (host != made) calls.second(1, &made);
    if (host == 0) violate("the guest has made too many names of one kind up");
    return host;
}

GLsync GlExecutor::sync(std::uint64_t guest) {
    const std::lock_guard lock(group_->mutex);
    const auto found = group_->syncs.find(guest);
    return found == group_->syncs.end() ? nullptr : found->second;
}

void GlExecutor::give_sync(std::uint64_t guest, GLsync host) {
    if (host == nullptr) return;
    const std::lock_guard lock(group_->mutex);
    if (group_->syncs.size() >= kMaxSyncs) return violate("the guest has made too many fences");
    group_->syncs[guest] = host;
}

GLsync GlExecutor::take_sync(std::uint64_t guest) {
    const std::lock_guard lock(group_->mutex);
    const auto found = group_->syncs.find(guest);
    if (found == group_->syncs.end()) {
        if (guest != 0) set_error(GL_INVALID_VALUE);
        return nullptr;
    }
    GLsync host = found->second;
    group_->syncs.erase(found);
    return host;
}

void GlExecutor::set_error(GLenum error) {
    if (context_ != nullptr && !has_begun_) settle_errors();
    if (error_ == 0) error_ = error;
}

GLenum GlExecutor::take_error() {
    settle_errors();
    return std::exchange(error_, 0);
}

// Objects of a share group whose last context goes; the host's contexts share with more than that group.
void GlExecutor::empty_group() {
    using Delete = void (*)(GLsizei, const GLuint*);
    const std::pair<GlName, Delete> kinds[] = {{GlName::texture, table_.glDeleteTextures},
                                               {GlName::buffer, table_.glDeleteBuffers},
                                               {GlName::renderbuffer, table_.glDeleteRenderbuffers},
                                               {GlName::sampler, table_.glDeleteSamplers}};
    for (const auto& [kind, end] : kinds) {
        if (end != nullptr) group_->of(kind).each([end = end](GLuint host) { end(1, &host); });
    }
    group_->of(GlName::program).each([this](GLuint host) {
        if (table_.glIsProgram(host) != 0) table_.glDeleteProgram(host);
        if (table_.glIsShader(host) != 0) table_.glDeleteShader(host);
    });
    const std::lock_guard lock(group_->mutex);
    for (const auto& [guest, host] : group_->syncs) {
        if (table_.glDeleteSync != nullptr) table_.glDeleteSync(host);
    }
}

}  // namespace engine
