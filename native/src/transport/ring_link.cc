// The shared memory, its mapping, and the two directions. See ring_link.h.
#include "transport/ring_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "wire/limits.h"

namespace transport {
namespace {

constexpr std::uint64_t kSmallestRing = 4096;
constexpr std::uint64_t kArenaUnit = std::uint64_t{2} << 20;
constexpr std::size_t kSpareHeads = 8;

ferry::Status failure_of(const char* what) {
    return ferry::Status::failure(std::string(what) + ": " + std::strerror(errno));
}

std::uint64_t ring_size(std::uint64_t wish, std::uint64_t ours) {
    const bool lawful = wish >= kSmallestRing && std::has_single_bit(wish);
    return lawful ? std::min(wish, ours) : ours;
}

// Where the guest keeps a place for the arena: inside the address space, aligned, apart from the window.
std::uint64_t arena_size(const Hello& hello) {
    constexpr std::uint64_t kAddressEnd = std::uint64_t{1} << 47;
    const std::uint64_t size =
        std::min<std::uint64_t>(hello.arena_size, wire::limits::kArenaBytes) / kArenaUnit * kArenaUnit;
    const std::uint64_t base = hello.arena_base;
    if (size == 0 || base == 0 || base % kArenaUnit != 0) return 0;
    if (base >= kAddressEnd || size > kAddressEnd - base) return 0;
    const bool apart = hello.window_size == 0 || base + size <= hello.window_base ||
                       (hello.window_base <= base && hello.window_size <= base - hello.window_base);
    return apart ? size : 0;
}

// Growing a file beyond this limit is a signal, not an error.
std::uint64_t file_size_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : 0;
}

// A guest shares the eventfd's flags with us and could make it block: a full one is not written.
void ring_bell(int bell) {
    pollfd ready{bell, POLLOUT, 0};
    const std::uint64_t one = 1;
    if (::poll(&ready, 1, 0) == 1) [[maybe_unused]]
        const auto written = ::write(bell, &one, sizeof one);
}

// Copies [from, from + to.size()) of head, body and padding taken as one run of bytes.
void copy_out(const OutMessage& message, std::size_t from, std::span<std::byte> to) {
    const std::span<const std::byte> parts[] = {message.head.bytes(), message.body};
    std::size_t start = 0;
    std::size_t copied = 0;
    for (const auto& part : parts) {
        const std::size_t lo = std::max(from, start);
        const std::size_t hi = std::min(from + to.size(), start + part.size());
        if (lo < hi) std::memcpy(to.data() + (lo - from), part.data() + (lo - start), hi - lo);
        if (lo < hi) copied += hi - lo;
        start += part.size();
    }
    if (copied < to.size()) std::memset(to.data() + copied, 0, to.size() - copied);
}

}  // namespace

RingLink::~RingLink() {
    if (arena_ != nullptr) ::munmap(arena_, terms_.arena_bytes);
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
}

ferry::Status RingLink::make_memory(std::uint64_t size) {
    memory_.reset(::memfd_create("ferry-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory_.valid()) return failure_of("cannot make shared memory");
    if (size > file_size_limit()) return ferry::Status::failure("RLIMIT_FSIZE is too small for a ring");
    if (::ftruncate(memory_.get(), static_cast<off_t>(size)) != 0) {
        return failure_of("cannot size shared memory");
    }
    // From here on no access to it can fault: neither end can take pages away from the other.
    if (::fcntl(memory_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return failure_of("cannot seal shared memory");
    }
    return ferry::Status::success();
}

// The same addresses here as there, so that one number means one byte to both.
bool RingLink::map_arena(const Hello& hello) {
    // SAFETY: an address the guest proposes; NOREPLACE makes the kernel refuse it where anything of ours
    // lies.
    auto* wanted = reinterpret_cast<void*>(hello.arena_base);
    const auto offset = static_cast<off_t>(
        wire::ring_places(terms_.fence_count, terms_.command_bytes, terms_.reply_bytes).arena);
    void* got = ::mmap(wanted, terms_.arena_bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, memory_.get(), offset);
    if (got == MAP_FAILED) return false;
    arena_ = static_cast<std::byte*>(got);
    if (got == wanted) return true;
    ::munmap(std::exchange(arena_, nullptr), terms_.arena_bytes);  // a kernel that does not know NOREPLACE
    return false;
}

ferry::Status RingLink::open(const Hello& hello, std::size_t record_limit) {
    terms_.command_bytes = ring_size(hello.ring_bytes, wire::limits::kRingCommandBytes);
    terms_.reply_bytes = ring_size(hello.ring_bytes, wire::limits::kRingReplyBytes);
    terms_.fence_count = static_cast<std::uint32_t>(wire::limits::kFences);
    const auto places = wire::ring_places(terms_.fence_count, terms_.command_bytes, terms_.reply_bytes);
    const std::uint64_t limit = file_size_limit();
    terms_.arena_bytes = places.arena < limit ? std::min(arena_size(hello), limit - places.arena) : 0;
    terms_.arena_bytes = terms_.arena_bytes / kArenaUnit * kArenaUnit;
    if (auto status = make_memory(places.arena + terms_.arena_bytes); !status.ok()) return status;
    host_bell_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    guest_bell_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!host_bell_.valid() || !guest_bell_.valid()) return failure_of("cannot make a doorbell");
    void* mapped = ::mmap(nullptr, places.arena, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
    if (mapped == MAP_FAILED) return failure_of("cannot map shared memory");
    mapped_ = static_cast<std::byte*>(mapped);
    mapped_size_ = places.arena;
    if (terms_.arena_bytes != 0 && !map_arena(hello)) terms_.arena_bytes = 0;
    if (terms_.arena_bytes != 0) terms_.arena_base = hello.arena_base;
    page_ = new (mapped_) wire::SharedPage;
    commands_.open(&page_->commands, mapped_ + places.commands, terms_.command_bytes, record_limit);
    commands_.offer_order();
    replies_ = wire::RingWriter(&page_->replies, mapped_ + places.replies, terms_.reply_bytes);
    return ferry::Status::success();
}

std::span<std::atomic<std::uint64_t>> RingLink::fences() {
    // SAFETY: a page of its own in the mapping, zero, and a lock-free atomic is its value.
    auto* first = reinterpret_cast<std::atomic<std::uint64_t>*>(mapped_ + wire::ring_places(0, 0, 0).fences);
    return {first, terms_.fence_count};
}

std::array<int, 3> RingLink::descriptors() const {
    return {memory_.get(), host_bell_.get(), guest_bell_.get()};
}

void RingLink::hear() {
    pollfd ready{host_bell_.get(), POLLIN, 0};
    std::uint64_t count = 0;
    if (::poll(&ready, 1, 0) == 1) [[maybe_unused]]
        const auto got = ::read(ready.fd, &count, sizeof count);
}

void RingLink::ring_guest() { ring_bell(guest_bell_.get()); }

RingLink::State RingLink::next(std::span<const std::byte>& records) {
    const std::uint64_t before = commands_.consumed();
    const State state = commands_.next(records);
    if (commands_.consumed() != before && commands_.must_ring()) ring_guest();  // pieces have been taken out
    return state;
}

void RingLink::done(std::size_t bytes) {
    commands_.done(bytes);
    if (commands_.must_ring()) ring_guest();
}

// True when all of it is in the ring.
bool RingLink::write(Waiting& waiting) {
    const OutMessage& message = waiting.message;
    const std::size_t size = message.size();
    while (waiting.written < size) {
        if (waiting.record_rest == 0) {
            std::uint32_t reply = 0;  // every reply begins in the head
            std::memcpy(&reply, message.head.bytes().data() + waiting.written, sizeof reply);
            if (reply > replies_.whole()) {
                waiting.record_rest = reply;
                continue;
            }
            std::byte* at = replies_.reserve(reply);
            if (at == nullptr) return false;
            copy_out(message, waiting.written, {at, reply});
            replies_.publish(reply);
            waiting.written += reply;
        } else if (!write_piece(waiting)) {
            return false;
        }
    }
    return true;
}

bool RingLink::write_piece(Waiting& waiting) {
    const std::size_t bytes = std::min(waiting.record_rest, replies_.whole());
    const std::size_t padded = wire::align_up(bytes, wire::kRecordAlignment);
    std::byte* at = replies_.reserve(wire::kPieceHead + padded);
    if (at == nullptr) return false;
    const std::uint32_t last = bytes == waiting.record_rest ? wire::kLastPiece : 0;
    const std::uint32_t head[2] = {wire::kPiece | last | static_cast<std::uint32_t>(bytes), 0};
    std::memcpy(at, head, sizeof head);
    copy_out(waiting.message, waiting.written, {at + wire::kPieceHead, bytes});
    std::memset(at + wire::kPieceHead + bytes, 0, padded - bytes);
    replies_.publish(wire::kPieceHead + padded);
    waiting.written += bytes;
    waiting.record_rest -= bytes;
    return true;
}

void RingLink::retire(OutMessage message) {
    if (message.owner != nullptr) message.owner->body_sent(message.token);
    message.head.clear();
    if (spare_.size() < kSpareHeads) spare_.push_back(std::move(message.head));
}

void RingLink::send(OutMessage message) {
    Waiting waiting{std::move(message)};
    const bool written = waiting_.empty() && write(waiting);
    if (waiting.written != 0 && replies_.must_ring()) ring_guest();
    if (written) return retire(std::move(waiting.message));
    held_ += waiting.message.size();
    waiting_.push_back(std::move(waiting));
}

bool RingLink::flush() {
    if (waiting_.empty()) return true;
    const std::uint64_t before = replies_.published();
    while (!waiting_.empty() && write(waiting_.front())) {
        held_ -= waiting_.front().message.size();
        retire(std::move(waiting_.front().message));
        waiting_.pop_front();
    }
    if (replies_.published() != before && replies_.must_ring()) ring_guest();
    return waiting_.empty() || replies_.believable();
}

OutBuffer RingLink::take_buffer() {
    if (spare_.empty()) return OutBuffer{};
    OutBuffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
}

bool RingLink::begin_sleep(bool for_commands) {
    if (!waiting_.empty() && !replies_.begin_wait()) return false;
    return !for_commands || commands_.begin_sleep();
}

}  // namespace transport
