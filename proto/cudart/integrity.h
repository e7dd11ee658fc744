// The runtime's validity self-test. Before it trusts a driver, NVIDIA's CUDA runtime asks a private table for
// a keyed digest of facts both sides know; a driver that cannot answer is refused
// (cudaErrorSoftwareValidityNotEstablished). Kept here alone, for interoperability with that runtime: it
// authenticates nothing and protects nothing. Called by export_tables.cc; the digests are public for their
// tests (RFC 1319, RFC 2104). Allocates nothing but a copy.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cudart {

using Digest = std::array<std::uint8_t, 16>;

// MD2 of `data` (RFC 1319).
Digest md2(std::span<const std::uint8_t> data);

// HMAC (RFC 2104) over MD2, whose block is 16 bytes. A longer key is digested first.
Digest hmac_md2(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);

struct DeviceIdentity {
    std::uint8_t uuid[16];
    std::int32_t pci_domain;
    std::int32_t pci_bus;
    std::int32_t pci_device;
};

// What the runtime digests on its side; every member must be exactly what it sees through the API.
struct IntegrityFacts {
    std::uint32_t driver_version = 0;              // as cuDriverGetVersion answers
    std::uint32_t process = 0;                     // pid
    std::uint32_t thread = 0;                      // low half of pthread_self()
    std::uint64_t interface_table = 0;             // address of the table CUDART_INTERFACE
    std::uint64_t integrity_table = 0;             // address of the table INTEGRITY_CHECK
    std::uint64_t integrity_function = 0;          // address of its entry 1
    std::span<const DeviceIdentity> devices = {};  // in ordinal order
};

// The self-test's answer for `version` at `unix_seconds`, as the two little-endian words the runtime
// compares.
std::array<std::uint64_t, 2> integrity_answer(std::uint32_t version, std::uint64_t unix_seconds,
                                              const IntegrityFacts& facts);

}  // namespace cudart
