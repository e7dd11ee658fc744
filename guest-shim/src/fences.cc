// See fences.h.
#include "fences.h"

#include "session.h"

namespace guest {
namespace {

// For so long "not ready" stands without asking again. The host follows what was asked and publishes it
// within microseconds while it is awake; this bounds how late an error can be, which it does not publish.
constexpr std::int64_t kStandsNs = 1'000'000;

}  // namespace

bool known_state(Session& session, wire::Handle object, Question& question, std::uint64_t number,
                 abi::CUresult& result) {
    result = session.sticky();
    if (result != abi::CUDA_SUCCESS) return true;
    if (!session.settings.batching) return false;  // the classic model asks for everything
    if (question.done.load(std::memory_order_relaxed) >= number) return true;
    if (session.fences.reached(object, number)) {
        session.read_arrived();
        question.done.store(number, std::memory_order_relaxed);
        result = session.replies.take_late_error();
        return true;
    }
    const bool asked = question.not_ready.load(std::memory_order_relaxed) == number && number != 0;
    result = abi::CUDA_ERROR_NOT_READY;
    return asked && session.fences.has(object) &&
           now_ns() - question.asked_ns.load(std::memory_order_relaxed) < kStandsNs;
}

void note_state(Question& question, std::uint64_t number, abi::CUresult result) {
    if (result == abi::CUDA_SUCCESS) question.done.store(number, std::memory_order_relaxed);
    if (result != abi::CUDA_ERROR_NOT_READY) return;
    question.asked_ns.store(now_ns(), std::memory_order_relaxed);
    question.not_ready.store(number, std::memory_order_relaxed);
}

}  // namespace guest
