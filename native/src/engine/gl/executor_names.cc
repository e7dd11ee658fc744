// Names on their way through a lane of GL. Part of gl_executor.h's class.
#include <utility>

#include "engine/gl/gl_executor.h"
#include "wire/limits.h"

namespace engine {
namespace {

constexpr std::size_t kMaxSyncs = 65536;

}  // namespace

const std::uint32_t* GlExecutor::names(GlName kind, std::span<const std::uint32_t> guest) {
    host_names_.resize(guest.size());
    for (std::size_t index = 0; index < guest.size(); ++index) host_names_[index] = name(kind, guest[index]);
    return host_names_.data();
}

void GlExecutor::give(GlName kind, std::uint32_t guest, std::uint32_t host) {
    if (guest == 0 || host == 0) return;
    if (!names_of(kind).set(guest, host)) violate("the guest has made too many names of one kind up");
}

const std::uint32_t* GlExecutor::taken(GlName kind, std::span<const std::uint32_t> guest) {
    host_names_.resize(guest.size());
    gl::Names& names = names_of(kind);
    for (std::size_t index = 0; index < guest.size(); ++index) {
        host_names_[index] = guest[index] == 0 ? 0 : names.find(guest[index]);
        if (host_names_[index] != 0) (void)names.set(guest[index], 0);
    }
    return host_names_.data();
}

// As binding a name does in the profiles that allow it. Another lane may do the same at this moment: then its
// object is everybody's.
std::uint32_t GlExecutor::made_up(GlName kind, std::uint32_t guest) {
    using Gen = void (*)(int, std::uint32_t*);
    using Delete = void (*)(int, const std::uint32_t*);
    std::pair<Gen, Delete> calls{};
    if (kind == GlName::texture) calls = {table_.glGenTextures, table_.glDeleteTextures};
    if (kind == GlName::buffer) calls = {table_.glGenBuffers, table_.glDeleteBuffers};
    if (kind == GlName::renderbuffer) calls = {table_.glGenRenderbuffers, table_.glDeleteRenderbuffers};
    if (kind == GlName::framebuffer) calls = {table_.glGenFramebuffers, table_.glDeleteFramebuffers};
    if (!makes_names_up_ || calls.first == nullptr || calls.second == nullptr) return gl::kNoObject;
    std::uint32_t made = 0;
    calls.first(1, &made);
    const std::uint32_t host = names_of(kind).settle(guest, made);
    if (host != made) calls.second(1, &made);
    if (host == 0) violate("the guest has made too many names of one kind up");
    return host;
}

void* GlExecutor::sync(std::uint64_t guest) {
    const std::lock_guard lock(group_->mutex);
    const auto found = group_->syncs.find(guest);
    return found == group_->syncs.end() ? nullptr : found->second;
}

void GlExecutor::give_sync(std::uint64_t guest, void* host) {
    const std::lock_guard lock(group_->mutex);
    if (group_->syncs.size() >= kMaxSyncs) return violate("the guest has made too many fences");
    group_->syncs[guest] = host;
}

void* GlExecutor::take_sync(std::uint64_t guest) {
    const std::lock_guard lock(group_->mutex);
    const auto found = group_->syncs.find(guest);
    if (found == group_->syncs.end()) return nullptr;
    void* host = found->second;
    group_->syncs.erase(found);
    return host;
}

std::uint32_t GlExecutor::take_error() {
    if (error_ != 0) return std::exchange(error_, 0);
    return table_.glGetError();
}

}  // namespace engine
