// What the shim reads from the environment, in one place. Read at attach (settings()) or by name; the program
// may change its environment afterwards without effect on a live session.
#pragma once
#include <cstddef>
#include <cstdint>

namespace guest {

// getenv with an empty value counted as unset.
const char* environment(const char* name);

// FERRY_CARRIER. automatic: shared memory where the host is this machine's, else what the endpoint says.
enum class CarrierChoice { automatic, ring, unix_socket, tcp };

struct Settings {
    bool batching = true;            // FERRY_BATCH=off: every call is one waiting round trip
    std::size_t seal_bytes = 65536;  // FERRY_BATCH_BYTES
    bool random_seal = false;        // FERRY_SEAL_RANDOM=seed, for tests
    std::uint64_t random_seed = 0;
    std::int64_t spin_ns = 0;  // FERRY_SPIN_US: how long a waiting thread looks before it sleeps
    CarrierChoice carrier = CarrierChoice::automatic;
    std::uint64_t ring_bytes = 0;  // FERRY_RING_BYTES, for tests; 0: the host's choice
    bool wants_ring() const {
        return batching && (carrier == CarrierChoice::automatic || carrier == CarrierChoice::ring);
    }
};
Settings read_settings();

// Calls try_endpoint("unix:/path", or what FERRY_ENDPOINT says) for each place where the daemon may listen,
// until one answers true.
// False when none did; `tried` names the last one for the message to people.
bool for_each_endpoint(bool (*try_endpoint)(const char* endpoint, void* argument), void* argument,
                       char* tried, std::size_t tried_size);

// The file name of the running program, for people.
const char* program_name();

}  // namespace guest
