// See names.h.
#include "engine/gl/names.h"

#include <new>

namespace engine::gl {

Names::~Names() {
    for (const auto& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

std::uint32_t Names::find_sparse(std::uint32_t guest) const {
    const std::lock_guard lock(mutex_);
    const auto found = sparse_.find(guest);
    return found == sparse_.end() ? 0 : found->second;
}

// Two lanes may want the same chunk at once: the first one's stays.
Names::Chunk* Names::chunk_of(std::uint32_t guest) {
    auto& slot = chunks_[guest / kChunk];
    Chunk* chunk = slot.load(std::memory_order_acquire);
    if (chunk != nullptr) return chunk;
    auto made = std::make_unique<Chunk>();
    if (slot.compare_exchange_strong(chunk, made.get(), std::memory_order_acq_rel)) return made.release();
    return chunk;
}

bool Names::set(std::uint32_t guest, std::uint32_t host) {
    if (guest / kChunk < kChunks) {
        (*chunk_of(guest))[guest % kChunk].store(host, std::memory_order_release);
        return true;
    }
    const std::lock_guard lock(mutex_);
    if (host == 0) sparse_.erase(guest);
    if (host == 0 || sparse_.size() >= kMaxSparse) return host == 0;
    sparse_[guest] = host;
    return true;
}

std::uint32_t Names::settle(std::uint32_t guest, std::uint32_t host) {
    if (guest / kChunk < kChunks) {
        std::uint32_t there = 0;
        auto& slot = (*chunk_of(guest))[guest % kChunk];
        return slot.compare_exchange_strong(there, host, std::memory_order_acq_rel) ? host : there;
    }
    const std::lock_guard lock(mutex_);
    if (sparse_.size() >= kMaxSparse) return 0;
    return sparse_.try_emplace(guest, host).first->second;
}

std::uint32_t Names::guest_of(std::uint32_t host) const {
    if (host == 0) return 0;
    for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) {
        const Chunk* names = chunks_[chunk].load(std::memory_order_acquire);
        for (std::uint32_t index = 0; names != nullptr && index < kChunk; ++index) {
            if ((*names)[index].load(std::memory_order_relaxed) == host) return chunk * kChunk + index;
        }
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [guest, name] : sparse_) {
        if (name == host) return guest;
    }
    return 0;
}

}  // namespace engine::gl
