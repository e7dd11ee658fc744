// Names: which name of the host's GL stands for one of the guest's. One table per kind of object, of a share
// group or of a context. Lanes of a share group read and write it from their own threads at the same time;
// what order there must be between them the guest makes (gl_await). A name is one load away as long as the
// guest's are dense, which its own allocation makes them; programs that make names up may have sparse ones.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "wire/limits.h"

namespace engine::gl {

// Kinds up to kLastShared belong to a share group, the others to a context.
enum class Name : std::uint8_t {
    texture,
    buffer,
    renderbuffer,
    sampler,
    program,  // and shaders: one space of names
    program_arb,
    memory,
    semaphore,
    list,
    framebuffer,
    vertex_array,
    query,
    pipeline,
    feedback,
};
inline constexpr Name kLastShared = Name::list;
inline constexpr std::size_t kNameKinds = 14;

// A name that no object of the host's ever has: GL answers with its own error.
inline constexpr std::uint32_t kNoObject = 0xFFFF'FFF0;

class Names {
public:
    Names() = default;
    ~Names();
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;

    // The host's name; 0 when there is none.
    std::uint32_t find(std::uint32_t guest) const {
        const std::uint32_t chunk = guest / kChunk;
        if (chunk >= kChunks) [[unlikely]]
            return find_sparse(guest);
        const Chunk* names = chunks_[chunk].load(std::memory_order_acquire);
        return names == nullptr ? 0 : (*names)[guest % kChunk].load(std::memory_order_acquire);
    }
    // From now on `host` stands for it; 0 takes it away. False: there are too many.
    bool set(std::uint32_t guest, std::uint32_t host);
    // The same only where there is none yet. Answers the one that then stands for it; 0: too many.
    std::uint32_t settle(std::uint32_t guest, std::uint32_t host);
    // The guest's name for one of the host's; 0 when it has none. Slow: looks at all of them.
    std::uint32_t guest_of(std::uint32_t host) const;
    // `act(host)` for every name.
    template <class Act>
    void each(Act&& act) const {
        for (const auto& slot : chunks_) {
            const Chunk* names = slot.load(std::memory_order_acquire);
            for (std::uint32_t index = 0; names != nullptr && index < kChunk; ++index) {
                const std::uint32_t host = (*names)[index].load(std::memory_order_relaxed);
                if (host != 0) act(host);
            }
        }
        const std::lock_guard lock(mutex_);
        for (const auto& [guest, host] : sparse_) act(host);
    }

private:
    static constexpr std::uint32_t kChunk = 4096;
    static constexpr std::uint32_t kChunks = wire::limits::kGlNames / kChunk;
    static constexpr std::size_t kMaxSparse = 65536;
    using Chunk = std::array<std::atomic<std::uint32_t>, kChunk>;

    std::uint32_t find_sparse(std::uint32_t guest) const;
    Chunk* chunk_of(std::uint32_t guest);

    std::array<std::atomic<Chunk*>, kChunks> chunks_{};
    mutable std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::uint32_t> sparse_;
};

}  // namespace engine::gl
