// See carrier_ring.h.
#include "carrier_ring.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>

#include "wire/limits.h"

namespace guest {
namespace {

constexpr std::uint64_t kSmallestRing = 4096;
constexpr std::uint64_t kLargestRing = std::uint64_t{1} << 30;

bool is_ring_size(std::uint64_t bytes) {
    return std::has_single_bit(bytes) && bytes >= kSmallestRing && bytes <= kLargestRing;
}

bool is_credible(const RingOffer& offer) {
    return is_ring_size(offer.command_bytes) && is_ring_size(offer.reply_bytes) &&
           offer.fence_count <= wire::limits::kFences && offer.arena_bytes <= wire::limits::kArenaBytes;
}

// A file that could shrink under the mapping would end this process with SIGBUS.
bool is_firm(int memory, std::uint64_t size) {
    struct stat status{};
    const int seals = fcntl(memory, F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && fstat(memory, &status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) >= size;
}

}  // namespace

const char* RingCarrier::open(const RingOffer& offer, const int (&descriptors)[kDescriptors],
                              std::uint64_t arena_room, std::size_t message_limit) {
    const int memory = descriptors[0];
    host_doorbell_ = descriptors[1];
    guest_doorbell_ = descriptors[2];
    const char* wrong = "the host offered shared memory and sent no descriptors";
    if (memory >= 0 && host_doorbell_ >= 0 && guest_doorbell_ >= 0)
        wrong = map(offer, memory, arena_room, message_limit);
    if (keeps_memory_ && wrong == nullptr) {
        memory_ = memory;
    } else if (memory >= 0) {
        close(memory);
    }
    if (wrong != nullptr) close_descriptors();
    return wrong;
}

const char* RingCarrier::map(const RingOffer& offer, int memory, std::uint64_t arena_room,
                             std::size_t message_limit) {
    if (!is_credible(offer)) return "the host offered shared memory of an impossible shape";
    const wire::RingPlaces places =
        wire::ring_places(offer.fence_count, offer.command_bytes, offer.reply_bytes);
    if (!is_firm(memory, places.arena + offer.arena_bytes))
        return "the host offered shared memory that is too small, or could shrink";
    void* front = mmap(nullptr, places.arena, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (front == MAP_FAILED) return "the shared memory of the host cannot be mapped here";
    // The child of a fork has no session and must not write into this one's.
    madvise(front, places.arena, MADV_DONTFORK);
    auto* bytes = static_cast<std::byte*>(front);
    // SAFETY: the memory is page-aligned and holds lock-free atomics, as both ends agree.
    page_ = reinterpret_cast<wire::SharedPage*>(bytes);
    fences_ = reinterpret_cast<const std::atomic<std::uint64_t>*>(bytes + places.fences);
    fence_count_ = static_cast<std::uint32_t>(offer.fence_count);
    commands_ = wire::RingWriter(&page_->commands, bytes + places.commands, offer.command_bytes);
    replies_.open(&page_->replies, bytes + places.replies, offer.reply_bytes, message_limit);
    if (offer.arena_bytes != 0 && offer.arena_bytes <= arena_room) map_arena(offer, memory, places.arena);
    return nullptr;
}

// Over the reservation. Without it copies take the way through the rings.
void RingCarrier::map_arena(const RingOffer& offer, int memory, std::uint64_t offset) {
    // SAFETY: the range is this process's own reservation; nothing else can lie there.
    void* place = reinterpret_cast<void*>(offer.arena_base);
    void* got = mmap(place, offer.arena_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
                     memory, static_cast<off_t>(offset));
    if (got != place) return;
    madvise(place, offer.arena_bytes, MADV_DONTFORK);
    madvise(place, offer.arena_bytes, MADV_DONTDUMP);
    arena_base_ = offer.arena_base;
    arena_bytes_ = offer.arena_bytes;
    arena_offset_ = offset;
}

// Two threads may write the same number; it is another one than before all the same. After what the thread
// waits for has been published: a host that sees this sees that.
void RingCarrier::tell_wait() {
    const int core = sched_getcpu();
    const std::uint64_t waits = page_->guest_waits.load(std::memory_order_relaxed);
    page_->guest_waits.store(wire::next_wait(waits, static_cast<std::uint16_t>(core < 0 ? 0 : core + 1)),
                             std::memory_order_release);
}

void RingCarrier::ring_host() {
    doorbells_.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t one = 1;
    // A counter that is full has been rung often enough.
    [[maybe_unused]] const ssize_t written = write(host_doorbell_, &one, sizeof one);
}

void RingCarrier::drain_doorbell() {
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t count = read(guest_doorbell_, &rings, sizeof rings);
}

void RingCarrier::close_descriptors() {
    if (host_doorbell_ >= 0) close(host_doorbell_);
    if (guest_doorbell_ >= 0) close(guest_doorbell_);
    if (memory_ >= 0) close(memory_);
    host_doorbell_ = guest_doorbell_ = memory_ = -1;
}

}  // namespace guest
