// The record of a launch, whose arguments go from where the program has them straight to where the record
// lies: written to a buffer by 4 and 8 bytes and read back from it by 16, they would make the processor wait.
// Used by entry_launch.cc.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "modules.h"
#include "regions.h"
#include "wire/codec.h"
#include "wire/cursor.h"

namespace guest {

// The arguments of a launch, in the program's memory.
class LaunchArguments {
  public:
    // As cuLaunchKernel is given them; not both lists. False: one is missing, or the list is not as CUDA
    // says. Memory that cannot be read faults here, where no lock is held: the program may catch that and go
    // on.
    bool find(const KernelFacts& facts, void** parameters, void** extra) {
        facts_ = &facts;
        parameters_ = parameters;
        buffer_ = nullptr;
        if (extra != nullptr) [[unlikely]] {
            const std::byte* buffer = nullptr;
            const bool found = find_buffer(facts, extra, buffer);
            buffer_ = buffer;
            return found;
        }
        if (facts.parameters.empty()) return true;
        if (parameters == nullptr) return false;
        for (const Parameter& parameter : facts.parameters) {
            const void* value = *parameters++;
            if (value == nullptr) return false;
            touch(static_cast<const std::byte*>(value), parameter.size);
        }
        return true;
    }
    std::size_t size() const { return facts_->parameter_bytes; }
    // Writes size() bytes, gaps between arguments as zeros.
    void write(std::byte* out) const {
        if (buffer_ == nullptr) [[likely]] {
            write_each(*facts_, parameters_, out);
        } else {
            wire::copy_short(out, buffer_, size());
        }
    }

  private:
    // By no pointer to this object, which then need not stand in memory.
    static bool find_buffer(const KernelFacts& facts, void** extra, const std::byte*& found);
    // Not inline: a launch keeps so much in registers that none would be left for the loop.
    [[gnu::noinline]] static void write_each(const KernelFacts& facts, void** parameters, std::byte* out);
    static void touch(const std::byte* at, std::size_t size) {
        // SAFETY: volatile, so that the reads are made.
        const volatile std::byte* bytes = at;
        if (size - 1 < kPage) [[likely]] {
            static_cast<void>(bytes[0]);
            static_cast<void>(bytes[size - 1]);
            return;
        }
        for (std::size_t offset = 0; offset < size; offset += kPage) static_cast<void>(bytes[offset]);
        if (size != 0) static_cast<void>(bytes[size - 1]);
    }

    const KernelFacts* facts_ = nullptr;
    void** parameters_ = nullptr;        // one pointer for each argument
    const std::byte* buffer_ = nullptr;  // or all of them, laid out
};

// What the lane takes for a request.
struct LaunchRequest {
    static constexpr wire::CallId kId = wire::cuLaunchKernel_Request::kId;
    // Its `params` says only how long they are.
    wire::cuLaunchKernel_Request fields;
    LaunchArguments arguments;
};

inline void encode(wire::Measure& measure, const LaunchRequest& request) { encode(measure, request.fields); }

// A writer for its one byte string, whose bytes the arguments write.
class LaunchWriter {
  public:
    LaunchWriter(wire::Writer& writer, const LaunchArguments& arguments)
        : writer_(writer), arguments_(arguments) {}
    template <wire::Scalar T>
    void scalar(T value) {
        writer_.scalar(value);
    }
    void handle(wire::Handle handle) { writer_.handle(handle); }
    void bytes(std::span<const std::byte> data) {
        writer_.filled(data.size(), [this](std::byte* at) { arguments_.write(at); });
    }
    void pad_to(std::size_t alignment) { writer_.pad_to(alignment); }

  private:
    wire::Writer& writer_;
    const LaunchArguments& arguments_;
};

inline void encode(wire::Writer& writer, const LaunchRequest& request) {
    LaunchWriter sink(writer, request.arguments);
    encode(sink, request.fields);
}

}  // namespace guest
