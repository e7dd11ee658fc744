// The record: one call on its way from a guest to its host, and the reply on its way back. A batch (the
// `records` bytes of ferry.v1.Batch) is a run of these, each a multiple of 8 bytes long, little-endian. Who
// writes: the shim's lane (records), the engine's reply writer (replies). Who reads: the other end,
// bounds-checked by wire::Cursor; nothing here is trusted because of where it came from.
//
// record   0 u32 size      bytes, header included, a multiple of 8
//          4 u16 call      wire::CallId
//          6 u16 flags     RecordFlag bits
//          8 u32 ticket    0, or the number the reply must carry
//         12 u16 thread    guest thread (1..): owns a current context and a per-thread default stream
//         14 u16 context   index of the context handle that is current on that thread, 0 when none
//         16 payload       the row's fields in parameter order (see cursor.h for alignment)
//
// reply    0 u32 size      bytes, header included, a multiple of 8
//          4 u16 kind      ReplyKind
//          6 u16 call      wire::CallId of the record that is answered, 0 for output and callback
//          8 u32 ticket    of the record; for a callback, its number
//         12 i32 result    CUresult
//         16 payload       result: the row's outputs; landing: u64 offset, then bytes;
//                          output: u32 fd (1 or 2), then bytes;
//                          callback: u64 guest function, u64 guest argument, u64 stream handle, u32 kind
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wire {

inline constexpr std::uint32_t kWireVersion = 1;
inline constexpr std::size_t kRecordAlignment = 8;

// Hello.api: what the records of a lane are of.
inline constexpr std::uint32_t kApiCuda = 0;
inline constexpr std::uint32_t kApiGl = 1;

enum class RecordFlag : std::uint16_t { none = 0, wants_reply = 1 };

enum class ReplyKind : std::uint16_t {
    result = 1,  // ends the wait of the thread that holds the ticket
    // The next two always come before the reply that reports completion of what caused them.
    landing = 2,  // bytes for the guest memory that the ticket stands for
    output = 3,   // device printf (fd 1) or assert text (fd 2)
    // The guest must run a host function and say when it has returned: SharedPage::callbacks_done in ring.h,
    // or Batch.callbacks_done.
    callback = 4,
};

struct RecordHeader {
    std::uint32_t size;
    std::uint16_t call;
    std::uint16_t flags;
    std::uint32_t ticket;
    std::uint16_t thread;
    std::uint16_t context;
};
static_assert(sizeof(RecordHeader) == 16);

// Writes its 16 bytes, in two stores: none of them is read back from somewhere else first.
inline void write_header(std::byte* at, const RecordHeader& header) {
    const std::uint64_t words[2] = {
        header.size | std::uint64_t{header.call} << 32 | std::uint64_t{header.flags} << 48,
        header.ticket | std::uint64_t{header.thread} << 32 | std::uint64_t{header.context} << 48};
    std::memcpy(at, &words[0], sizeof words[0]);
    std::memcpy(at + sizeof words[0], &words[1], sizeof words[1]);
}

struct ReplyHeader {
    std::uint32_t size;
    std::uint16_t kind;
    std::uint16_t call;
    std::uint32_t ticket;
    std::int32_t result;
};
static_assert(sizeof(ReplyHeader) == 16);

constexpr std::size_t align_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

}  // namespace wire
