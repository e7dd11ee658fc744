// Kernels that a running kernel launches (dynamic parallelism). They wait here and run behind it, one after
// another and each before what stands behind it, in the order of their launches: what any order of streams
// allows, for a kernel cannot wait for those it launches. Used by GridState and by the device runtime's
// calls.
#pragma once
#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "soft/launch/grid.h"

namespace soft {

// What a kernel's launches answer, numbered as cudaError_t is.
enum class LaunchError : std::uint32_t {
    none = 0,
    invalid_value = 1,
    invalid_configuration = 9,
    too_deep = 65,
    too_many = 69,
    invalid_function = 98,
    invalid_stream = 400,
};

struct ChildLaunch {
    LaunchConfig config;
    std::uint32_t depth = 0;  // 0: launched by the program
};

// Thread-safe.
class Children {
  public:
    // Streams that every kernel has.
    static constexpr std::uint64_t kTailStream = 3;
    static constexpr std::uint64_t kForgottenStream = 4;

    // Remembers a launch under the memory that its arguments are being written to.
    void prepare(std::uint64_t buffer, ChildLaunch launch);
    // Takes it back out; false when there is none under that address.
    bool take_prepared(std::uint64_t buffer, ChildLaunch& launch);
    // Those that were never launched.
    std::vector<std::uint64_t> take_buffers();

    void launch(ChildLaunch launch, bool at_tail);
    std::size_t count();
    // Puts what runs behind the kernel on top of `waiting`, of which the last is the next: its launches, and
    // under them its tail launches.
    void move_to(std::vector<ChildLaunch>& waiting);

    std::uint64_t create_stream();
    bool destroy_stream(std::uint64_t stream);
    bool has_stream(std::uint64_t stream);

    void note_error(std::uint64_t thread, LaunchError error);
    LaunchError error_of(std::uint64_t thread, bool forget);

  private:
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, ChildLaunch> prepared_;
    std::vector<ChildLaunch> launched_;
    std::vector<ChildLaunch> at_tail_;
    std::set<std::uint64_t> streams_;
    std::uint64_t next_stream_ = 0x100;
    std::unordered_map<std::uint64_t, LaunchError> errors_;  // by thread of the grid
};

}  // namespace soft
