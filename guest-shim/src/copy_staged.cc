// Copies of pageable memory through the slices of staging.h: the program's thread moves the bytes of one
// slice while the device moves those of others. Called by copy.cc.
#include <algorithm>
#include <array>

#include "cudart/copy_lines.h"
#include "reference.h"

namespace guest {
namespace {

// SAFETY: slices are named to the host by their addresses.
std::uint64_t address_of(const Staging::Slice* slice) {
    return reinterpret_cast<std::uintptr_t>(slice->memory);
}

// Longer than what a core's caches hold: the program will not find it there anyway.
constexpr std::size_t kLong = 4 << 20;

// Slices that the device fills for one copy, in the order of their bytes.
class Incoming {
public:
    bool empty() const { return count_ == 0; }
    bool full() const { return count_ == Staging::kSlices; }
    void push(Staging::Slice* slice) { slices_[(first_ + count_++) % Staging::kSlices] = slice; }
    Staging::Slice* pop() {
        Staging::Slice* slice = slices_[first_];
        first_ = (first_ + 1) % Staging::kSlices;
        --count_;
        return slice;
    }

private:
    std::array<Staging::Slice*, Staging::kSlices> slices_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace

abi::CUresult stage_to_device(Session& session, std::uint64_t target, std::span<const std::byte> bytes,
                              wire::Handle stream, std::size_t& done) {
    const std::size_t piece = Staging::piece_of(bytes.size());
    for (done = 0; done < bytes.size();) {
        Staging::Slice* slice = session.staging.take(session, true);
        if (slice == nullptr) return session.lost();
        const auto part = bytes.subspan(done, std::min(bytes.size() - done, piece));
        session.staging.way.copy(slice->memory, part.data(), part.size());
        const wire::cuMemcpyHtoDAsync_v2_Request request{.dst = target + done,
                                                         .from = address_of(slice),
                                                         .size = part.size(),
                                                         .stream = stream,
                                                         .data = {}};
        const abi::CUresult result = send_slice(session, slice, request, true);
        if (result != abi::CUDA_SUCCESS) return result;
        session.staging.send(slice);
        done += part.size();
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult stage_to_host(Session& session, std::span<std::byte> target, std::uint64_t source,
                            wire::Handle stream, std::size_t& done) {
    const std::int64_t began_ns = now_ns();
    abi::CUresult result = abi::CUDA_SUCCESS;
    Incoming incoming;
    std::size_t asked = 0;
    const std::size_t piece = Staging::piece_of(target.size());
    const copying::Way out = target.size() < kLong ? copying::Way::cached : copying::Way::streamed;
    for (done = 0; done < target.size();) {
        while (result == abi::CUDA_SUCCESS && asked < target.size() && !incoming.full()) {
            Staging::Slice* slice = session.staging.take(session, incoming.empty());
            if (slice == nullptr) break;
            const std::size_t size = std::min(target.size() - asked, piece);
            const wire::cuMemcpyDtoHAsync_v2_Request request{
                .src = source + asked, .size = size, .stream = stream, .to = address_of(slice)};
            result = send_slice(session, slice, request, false);
            if (result != abi::CUDA_SUCCESS) break;
            incoming.push(slice);
            asked += size;
        }
        if (incoming.empty()) break;
        Staging::Slice* slice = incoming.pop();
        const abi::CUresult landed = Staging::finish(session, slice);
        if (result == abi::CUDA_SUCCESS) result = landed;
        const std::size_t size = std::min(target.size() - done, piece);
        if (result == abi::CUDA_SUCCESS) {
            copying::copy_lines(out, target.data() + done, slice->memory, size);
        }
        session.staging.give(slice);
        done += size;
    }
    session.counters.waited(thread_state()->call, now_ns() - began_ns);
    const abi::CUresult late = session.replies.take_late_error();
    if (result == abi::CUDA_SUCCESS) result = late;
    return result == abi::CUDA_SUCCESS ? session.lost() : result;
}

}  // namespace guest
