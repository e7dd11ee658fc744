// Chapter "Context Management": limits and stream priorities, which the host is asked for once per context.
#include "context_answers.h"
#include "guest/hand.h"
#include "stub_runtime.h"

namespace guest {
namespace {

// The current context, unless a fault has ended it: then every call answers that.
abi::CUresult usable_context(Session& session, Context*& context) {
    const abi::CUresult usable = need_context(context);
    return usable == abi::CUDA_SUCCESS ? session.sticky() : usable;
}

// The bit above both halves tells an answer from none.
constexpr std::uint64_t kAsked = std::uint64_t{1} << 62;
constexpr int kHalf = 31;
constexpr std::uint64_t kHalfMask = (std::uint64_t{1} << kHalf) - 1;

std::uint64_t packed(const PriorityRange& range) {
    const auto half = [](int value) { return static_cast<std::uint64_t>(value) & kHalfMask; };
    return kAsked | half(range.least) << kHalf | half(range.greatest);
}

PriorityRange unpacked(std::uint64_t word) {
    // Sign-extended: priorities are small numbers, the better ones negative.
    const auto value = [](std::uint64_t half) {
        return static_cast<int>(static_cast<std::uint32_t>(half << 1)) >> 1;
    };
    return {value(word >> kHalf & kHalfMask), value(word & kHalfMask)};
}

}  // namespace

abi::CUresult find_priority_range(Session& session, PriorityRange& range) {
    Context* context = nullptr;
    const abi::CUresult usable = usable_context(session, context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const std::uint64_t known = context->priority_range.load(std::memory_order_relaxed);
    if (known != 0) {
        range = unpacked(known);
        return abi::CUDA_SUCCESS;
    }
    wire::cuCtxGetStreamPriorityRange_Reply reply;
    const abi::CUresult result = call(session, wire::cuCtxGetStreamPriorityRange_Request{}, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    range = {reply.leastPriority, reply.greatestPriority};
    context->priority_range.store(packed(range), std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

namespace hand {

abi::CUresult cuCtxGetStreamPriorityRange(Session& session, int* leastPriority, int* greatestPriority) {
    PriorityRange range;
    const abi::CUresult result = find_priority_range(session, range);
    if (result != abi::CUDA_SUCCESS) return result;
    if (leastPriority != nullptr) *leastPriority = range.least;
    if (greatestPriority != nullptr) *greatestPriority = range.greatest;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuCtxSetLimit(Session& session, abi::CUlimit limit, std::size_t value) {
    Context* context = nullptr;
    const abi::CUresult usable = usable_context(session, context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const abi::CUresult result = call(session, wire::cuCtxSetLimit_Request{.limit = limit, .value = value});
    // The driver may have rounded it, and one limit may move another.
    for (auto& known : context->limits) known.store(0, std::memory_order_relaxed);
    return result;
}

abi::CUresult cuCtxGetLimit(Session& session, std::size_t* pvalue, abi::CUlimit limit) {
    if (pvalue == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    Context* context = nullptr;
    const abi::CUresult usable = usable_context(session, context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const auto index = static_cast<std::size_t>(limit);
    const bool keepable = index < context->limits.size();
    const std::uint64_t known = keepable ? context->limits[index].load(std::memory_order_relaxed) : 0;
    if (known != 0) {
        *pvalue = known - 1;
        return abi::CUDA_SUCCESS;
    }
    wire::cuCtxGetLimit_Reply reply;
    const abi::CUresult result = call(session, wire::cuCtxGetLimit_Request{.limit = limit}, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    *pvalue = reply.pvalue;
    if (keepable) context->limits[index].store(reply.pvalue + 1, std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

}  // namespace hand
}  // namespace guest
