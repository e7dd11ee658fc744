// The messages of proto/ferry.proto that the worker reads and writes besides Batch (which is
// wire/grpc_frame.h's). Used by the link. Plain structs and their wire forms: no state, no policy, no trust
// in what arrives.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/out_buffer.h"
#include "wire/content_hash.h"

namespace transport {

inline constexpr std::size_t kVisibleDevicesSize = 4096;  // bytes of CUDA_VISIBLE_DEVICES that are believed

// Views into the message: valid as long as it is.
struct Hello {
    std::uint32_t wire_version = 0;
    std::string_view spec_hash;
    std::span<const std::byte> ticket;
    std::uint64_t window_base = 0;
    std::uint64_t window_size = 0;
    std::string_view visible_devices;
    bool has_visible_devices = false;
    bool wants_ring = false;
    std::uint64_t arena_base = 0;
    std::uint64_t arena_size = 0;
    std::uint64_t ring_bytes = 0;
    std::span<const std::byte> resume;  // secret of a session that goes on; empty: a new one
    std::uint64_t seen = 0;
    bool can_resume = false;
    std::uint32_t api = 0;  // as wire::kApiCuda and wire::kApiGl
};

struct DeviceDescription {
    std::string name;
    std::array<std::byte, 16> uuid{};
    std::uint64_t total_memory = 0;        // bytes
    std::vector<std::int32_t> attributes;  // index = CUdevice_attribute
};

// Spans of the caller's, read when the Welcome is written.
struct KnownImage {
    wire::ImageReference image{};
    bool library = false;
    std::int32_t device = 0;  // index into Snapshot::devices
    std::span<const std::byte> options;
    std::span<const std::byte> log;
    std::span<const std::byte> kernels;
};

struct Snapshot {
    std::int32_t driver_version = 0;
    std::vector<DeviceDescription> devices;
    std::uint64_t window_base = 0;
    std::uint64_t window_size = 0;
    std::vector<KnownImage> images;
};

// What the shared memory holds whose descriptors travel with the Welcome; see wire/ring.h.
struct RingTerms {
    std::uint64_t command_bytes = 0;
    std::uint64_t reply_bytes = 0;
    std::uint32_t fence_count = 0;
    std::uint64_t arena_bytes = 0;
    std::uint64_t arena_base = 0;
};

struct Welcome {
    std::int32_t result = 0;
    std::string message;
    Snapshot snapshot;
    std::optional<RingTerms> ring = {};
    std::vector<std::byte> resume_secret;  // empty: the session ends with its connection
    std::uint64_t seen = 0;
    std::uint64_t resume_grace_ms = 0;
};

// What a GuestFrame holds: exactly one of the two.
struct GuestFrame {
    std::optional<Hello> hello;
    std::optional<std::span<const std::byte>> batch;  // the Batch message, not yet read
};

// Nothing when the bytes are no well-formed GuestFrame with a frame in it.
std::optional<GuestFrame> read_guest_frame(std::span<const std::byte> message);

// Whole gRPC messages, prefix included, appended to `out`.
void write_welcome(const Welcome& welcome, OutBuffer& out);
void write_farewell(std::int32_t result, std::string_view message, OutBuffer& out);

}  // namespace transport
