// Lending by hand: device memory that the guest sub-allocates without asking. The driver sees one allocation;
// one that can be told (device::LentMemory) hears which parts of it are in use. Called by generated
// dispatch.
#include <algorithm>

#include "engine/executor.h"
#include "engine/limits.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

constexpr std::uint64_t kGranule = std::uint64_t{2} << 20;
// A loan takes no more than this part of what is free.
constexpr std::uint64_t kPartOfFree = 8;

// What to lend to a guest that needs `needed` bytes, whole granules: more than that where there is plenty.
std::uint64_t size_of_loan(const device::DriverTable& driver, std::uint64_t needed) {
    std::size_t free = 0;
    std::size_t total = 0;
    if (driver.cuMemGetInfo_v2 == nullptr) return needed;
    if (driver.cuMemGetInfo_v2(&free, &total) != abi::CUDA_SUCCESS) return needed;
    const std::uint64_t plenty = std::min<std::uint64_t>(free / kPartOfFree, wire::limits::kLendBytes);
    return std::max(needed, plenty / kGranule * kGranule);
}

}  // namespace

abi::CUresult session_lend(Executor& executor, const wire::RecordHeader& header,
                           const wire::session_lend_Request& request, ReplySink& sink) {
    if (const auto lost = executor.contexts().use_any(header.context); lost != abi::CUDA_SUCCESS) return lost;
    const device::DriverTable& driver = executor.driver();
    if (request.size == 0 || request.size % kGranule != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!executor.may_allocate()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    std::uint64_t size = size_of_loan(driver, request.size);
    abi::CUdeviceptr address = 0;
    abi::CUresult result = driver.cuMemAlloc_v2(&address, size);
    if (result == abi::CUDA_ERROR_OUT_OF_MEMORY && size != request.size) {
        size = request.size;
        result = driver.cuMemAlloc_v2(&address, size);
    }
    if (result != abi::CUDA_SUCCESS) return result;
    const device::LentMemory* lent = driver.lent_memory;
    const bool carves = lent != nullptr && lent->lend(address) == abi::CUDA_SUCCESS;
    if (address % kGranule != 0) {
        (void)driver.cuMemFree_v2(address);
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    executor.note_loan(address, size);
    wire::session_lend_Reply reply;
    reply.address = address;
    reply.size = size;
    reply.carves = carves ? 1 : 0;
    sink.outputs(reply);
    return result;
}

abi::CUresult session_carve(Executor& executor, const wire::RecordHeader&,
                            const wire::session_carve_Request& request, ReplySink&) {
    const device::LentMemory* lent = executor.driver().lent_memory;
    const bool good = lent != nullptr && lent->carve(request.address, request.size) == abi::CUDA_SUCCESS;
    if (!good) executor.violate("the guest gives out memory that was not lent to it, or twice");
    return abi::CUDA_SUCCESS;
}

abi::CUresult session_settle(Executor& executor, const wire::RecordHeader& header,
                             const wire::session_settle_Request& request, ReplySink&) {
    if (const auto lost = executor.contexts().use_any(header.context); lost != abi::CUDA_SUCCESS) return lost;
    const bool waited = request.waited != 0;
    return executor.free_later({.kind = Freed::Kind::ticket, .urgent = waited, .record = header});
}

abi::CUresult session_return(Executor& executor, const wire::RecordHeader& header,
                             const wire::session_return_Request& request, ReplySink&) {
    if (const auto lost = executor.contexts().use_any(header.context); lost != abi::CUDA_SUCCESS) return lost;
    if (!executor.is_loan(request.address)) {
        executor.violate("the guest returns memory that was not lent to it");
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if (request.close == 0) {
        return executor.free_later(
            {.kind = Freed::Kind::allocation, .urgent = true, .address = request.address});
    }
    const device::LentMemory* lent = executor.driver().lent_memory;
    return lent != nullptr ? lent->close(request.address) : abi::CUDA_SUCCESS;
}

}  // namespace engine::hand
