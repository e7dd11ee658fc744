// See launch_request.h.
#include "launch_request.h"

#include "cudart/abi.h"

namespace guest {

// A buffer that already has the layout, and its size.
bool LaunchArguments::find_buffer(const KernelFacts& facts, void** extra, const std::byte*& found) {
    constexpr int kLongest = 16;  // entries; a list that does not end is not followed for ever
    const void* buffer = nullptr;
    const std::size_t* size = nullptr;
    for (int index = 0; index < kLongest; ++index) {
        // SAFETY: keys are small numbers in pointers.
        const auto key = reinterpret_cast<std::uintptr_t>(extra[2 * index]);
        if (key == abi::CU_LAUNCH_PARAM_END_AS_INT) break;
        if (key == abi::CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT) {
            buffer = extra[2 * index + 1];
        } else if (key == abi::CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT) {
            size = static_cast<const std::size_t*>(extra[2 * index + 1]);
        } else {
            return false;
        }
    }
    if (facts.parameter_bytes == 0) return true;
    if (buffer == nullptr || size == nullptr || *size < facts.parameter_bytes) return false;
    found = static_cast<const std::byte*>(buffer);
    touch(found, facts.parameter_bytes);
    return true;
}

void LaunchArguments::write_each(const KernelFacts& facts, void** parameters, std::byte* out) {
    if (facts.has_gaps) std::memset(out, 0, facts.parameter_bytes);
    for (const Parameter& parameter : facts.parameters) {
        const auto* from = static_cast<const std::byte*>(*parameters++);
        std::byte* to = out + parameter.offset;
        // Nearly all are pointers and numbers.
        if (parameter.size == 8) {
            std::memcpy(to, from, 8);
        } else if (parameter.size == 4) {
            std::memcpy(to, from, 4);
        } else {
            wire::copy_short(to, from, parameter.size);
        }
    }
}

}  // namespace guest
