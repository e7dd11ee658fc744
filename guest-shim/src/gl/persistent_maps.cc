// See persistent_maps.h.
#include "gl/persistent_maps.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "gl/buffer_targets.h"
#include "gl/enums.h"
#include "gl/runtime.h"
#include "guest/gl_hand.h"

namespace guest::gl {
namespace {

constexpr std::size_t kGrain = 64;  // bytes that cross together

// The first of [at, end) in which they differ; `end`: there is none.
std::size_t first_difference(const std::byte* one, const std::byte* other, std::size_t at, std::size_t end) {
    while (at + kGrain <= end && std::memcmp(one + at, other + at, kGrain) == 0) at += kGrain;
    while (at < end && one[at] == other[at]) ++at;
    return at;
}

// The end of the difference that begins there. `exactly`: no byte that is equal is in it.
std::size_t end_of_difference(const std::byte* one, const std::byte* other, std::size_t at, std::size_t end,
                              bool exactly) {
    if (!exactly) {
        while (at + kGrain <= end && std::memcmp(one + at, other + at, kGrain) != 0) at += kGrain;
        return std::min(at + kGrain, end);
    }
    while (at < end && one[at] != other[at]) ++at;
    return at;
}

// Calls use(begin, end) for what differs in [begin, end).
template <class Use>
void each_difference(const std::byte* one, const std::byte* other, std::size_t begin, std::size_t end,
                     bool exactly, Use&& use) {
    for (std::size_t at = begin; at < end;) {
        at = first_difference(one, other, at, end);
        if (at == end) return;
        const std::size_t stop = end_of_difference(one, other, at, end, exactly);
        use(at, stop);
        at = stop;
    }
}

// Binds a buffer for the guest's own use, and puts back what the program has bound there.
class Borrowed {
  public:
    Borrowed(Context& context, GLenum target, GLuint buffer) : context_(context), target_(target) {
        bind(buffer);
    }
    ~Borrowed() { bind(*context_.bindings.find(target_)); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

  private:
    void bind(GLuint buffer) {
        context_.errors().vouch();
        remote::glBindBuffer(context_, target_, buffer);
    }

    Context& context_;
    const GLenum target_;
};

// Of what is bound for it. Not by call(): that would look after these very maps.
bool fetch_piece(Context& context, GLintptr at, GLsizeiptr count, std::byte* to) {
    const wire::glGetBufferSubData_Request request{
        .target = GL_COPY_READ_BUFFER, .offset = at, .size = count};
    if (const int result = detail::exchange(context, request); result == 1) return false;
    wire::Cursor cursor(context.reply().bytes());
    wire::glGetBufferSubData_Reply reply;
    if (!decode(cursor, reply) || reply.data.size() < static_cast<std::size_t>(count)) return false;
    std::memcpy(to, reply.data.data(), static_cast<std::size_t>(count));
    return true;
}

}  // namespace

PersistentMaps::~PersistentMaps() {
    for (auto& [buffer, map] : maps_) release(map);
}

void PersistentMaps::release(Map& map) {
    if (map.memory != nullptr) munmap(map.memory, map.room);
}

std::byte* PersistentMaps::open(Context& context, GLuint buffer, GLsizeiptr size, const Range& range,
                                bool host_writes) {
    const Guard guard(mutex_);
    Map& map = maps_[buffer];
    release(map);
    map = {};
    map.room =
        (static_cast<std::size_t>(size) + DirtyPages::kPage - 1) / DirtyPages::kPage * DirtyPages::kPage;
    void* const memory =
        mmap(nullptr, map.room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const bool reads = (range.access & GL_MAP_READ_BIT) != 0;
    map.is_told =
        (range.access & GL_MAP_FLUSH_EXPLICIT_BIT) != 0 && (range.access & GL_MAP_COHERENT_BIT) == 0;
    const bool is_kept = !map.is_told || reads;
    if (memory != MAP_FAILED && is_kept)
        map.agreed.reset(new (std::nothrow) std::byte[static_cast<std::size_t>(size)]);
    if (memory == MAP_FAILED || (is_kept && map.agreed == nullptr)) {
        if (memory != MAP_FAILED) munmap(memory, map.room);
        maps_.erase(buffer);
        return nullptr;
    }
    count_.store(maps_.size(), std::memory_order_relaxed);
    map.memory = static_cast<std::byte*>(memory);
    map.size = size;
    map.range = range;
    map.is_always_stale = host_writes;
    if (is_kept) {
        std::memset(map.agreed.get(), 0, static_cast<std::size_t>(size));
        fetch(context, buffer, map);
        if (!map.is_told) map.pages.watch(map.memory, map.room);
    }
    return map.memory;
}

void PersistentMaps::close(Context& context, GLuint buffer) {
    send_written(context);
    drop(buffer);
}

void PersistentMaps::drop(GLuint buffer) {
    const Guard guard(mutex_);
    const auto found = maps_.find(buffer);
    if (found == maps_.end()) return;
    release(found->second);
    maps_.erase(found);
    count_.store(maps_.size(), std::memory_order_relaxed);
}

// True: something has been sent.
bool PersistentMaps::send(Context& context, GLuint buffer, Map& map) {
    if (map.is_told || (map.range.access & GL_MAP_WRITE_BIT) == 0) return false;
    const bool exactly = map.is_stale || map.is_always_stale;
    const auto first = static_cast<std::size_t>(map.range.offset);
    const auto last = first + static_cast<std::size_t>(map.range.length);
    std::vector<std::pair<std::size_t, std::size_t>> runs;
    map.pages.take([&](std::size_t begin, std::size_t end) {
        each_difference(map.memory, map.agreed.get(), std::max(begin, first), std::min(end, last), exactly,
                        [&](std::size_t from, std::size_t to) { runs.emplace_back(from, to); });
    });
    if (runs.empty()) return false;
    const Borrowed bound(context, GL_COPY_WRITE_BUFFER, buffer);
    for (const auto& [from, to] : runs) {
        // Sent as it is now: what the program writes meanwhile is a write more.
        std::memcpy(map.agreed.get() + from, map.memory + from, to - from);
        in_pieces(static_cast<GLintptr>(from), static_cast<GLsizeiptr>(to - from), map.agreed.get() + from,
                  [&](GLintptr at, GLsizeiptr count, const void* data) {
                      context.errors().vouch();
                      remote::glBufferSubData(context, GL_COPY_WRITE_BUFFER, at, count, data);
                  });
    }
    return true;
}

void PersistentMaps::send_written(Context& context) {
    if (context.shadow.in_begin()) return;
    const Guard guard(mutex_);
    bool has_sent = false;
    for (auto& [buffer, map] : maps_) has_sent |= send(context, buffer, map);
    // Who draws next in another context of the group waits for this lane.
    if (has_sent) context.changed_names(NameKind::buffer);
}

void PersistentMaps::fetch(Context& context, GLuint buffer, Map& map) {
    const auto length = static_cast<std::size_t>(map.range.length);
    const std::unique_ptr<std::byte[]> there(new (std::nothrow) std::byte[length]);
    if (there == nullptr) return;
    const Borrowed bound(context, GL_COPY_READ_BUFFER, buffer);
    bool has_all = true;
    in_pieces(map.range.offset, map.range.length, there.get(),
              [&](GLintptr at, GLsizeiptr count, const void*) {
                  has_all &= fetch_piece(context, at, count, there.get() + (at - map.range.offset));
              });
    if (!has_all) return;
    map.is_stale = false;
    std::byte* const agreed = map.agreed.get() + map.range.offset;
    std::byte* const memory = map.memory + map.range.offset;
    each_difference(there.get(), agreed, 0, length, true, [&](std::size_t from, std::size_t to) {
        std::memcpy(agreed + from, there.get() + from, to - from);
        std::memcpy(memory + from, there.get() + from, to - from);
    });
}

void PersistentMaps::fetch_written(Context& context) {
    const Guard guard(mutex_);
    for (auto& [buffer, map] : maps_) {
        const bool reads = (map.range.access & GL_MAP_READ_BIT) != 0;
        // Programs read maps that they have for writing alone, behind a copy into them: drivers let them.
        const bool is_copied = map.is_stale && !map.is_always_stale && map.agreed != nullptr;
        if (!is_copied && (!reads || !map.is_always_stale)) continue;
        if (send(context, buffer, map)) context.changed_names(NameKind::buffer);
        fetch(context, buffer, map);
    }
}

void PersistentMaps::put(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size,
                         const void* data) {
    send_written(context);
    const Guard guard(mutex_);
    const auto found = maps_.find(buffer);
    if (found == maps_.end() || data == nullptr || offset < 0 || size < 0) return;
    Map& map = found->second;
    if (offset > map.size - size) return;
    std::memcpy(map.memory + offset, data, static_cast<std::size_t>(size));
    if (map.agreed != nullptr) std::memcpy(map.agreed.get() + offset, data, static_cast<std::size_t>(size));
}

void PersistentMaps::note_host_writes(GLuint buffer, bool always) {
    const Guard guard(mutex_);
    const auto found = maps_.find(buffer);
    if (found == maps_.end()) return;
    found->second.is_stale = true;
    found->second.is_always_stale |= always;
}

}  // namespace guest::gl
