// See jit_options.h.
#include "jit_options.h"

#include <string.h>

#include <algorithm>
#include <cstdint>

#include "wire/cursor.h"

namespace guest {
namespace {

// Options whose value is a buffer, an array or an output of the guest.
bool is_local(abi::CUjit_option option) {
    switch (option) {
        case abi::CU_JIT_WALL_TIME:
        case abi::CU_JIT_INFO_LOG_BUFFER:
        case abi::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
        case abi::CU_JIT_ERROR_LOG_BUFFER:
        case abi::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
        case abi::CU_JIT_GLOBAL_SYMBOL_NAMES:
        case abi::CU_JIT_GLOBAL_SYMBOL_ADDRESSES:
        case abi::CU_JIT_GLOBAL_SYMBOL_COUNT:
        case abi::CU_JIT_REFERENCED_KERNEL_NAMES:
        case abi::CU_JIT_REFERENCED_KERNEL_COUNT:
        case abi::CU_JIT_REFERENCED_VARIABLE_NAMES:
        case abi::CU_JIT_REFERENCED_VARIABLE_COUNT:
            return true;
        default:
            return false;
    }
}

// The value slot of an option, or null.
void** slot_of(const JitOptions& options, abi::CUjit_option wanted) {
    for (unsigned index = 0; index < options.count; ++index) {
        if (options.options[index] == wanted) return &options.values[index];
    }
    return nullptr;
}

// SAFETY: an option's value is a number passed in a pointer, low bits first, or a pointer; the option says
// which.
std::uint64_t number_in(void* value) { return reinterpret_cast<std::uintptr_t>(value); }

void fill(const JitOptions& options, abi::CUjit_option buffer, abi::CUjit_option capacity,
          std::span<const std::byte> log) {
    void** text = slot_of(options, buffer);
    void** size = slot_of(options, capacity);
    if (text == nullptr || *text == nullptr || size == nullptr) return;
    const std::size_t room = static_cast<std::uint32_t>(number_in(*size));
    std::size_t filled = 0;
    if (room > 0) {
        filled = std::min(log.size(), room - 1);
        if (filled > 0) memcpy(*text, log.data(), filled);
        static_cast<char*>(*text)[filled] = '\0';
    }
    // SAFETY: the number of bytes filled goes back the way the capacity came.
    *size = reinterpret_cast<void*>(static_cast<std::uintptr_t>(filled));
}

}  // namespace

bool pack_options(const JitOptions& options, std::span<std::byte> out, std::size_t& size) {
    constexpr std::size_t kPair = 16;
    size = 0;
    if (options.count == 0) return true;
    if (options.options == nullptr || options.values == nullptr) return false;
    wire::Writer writer(out.data());
    for (unsigned index = 0; index < options.count; ++index) {
        const abi::CUjit_option option = options.options[index];
        if (option < 0 || option >= abi::CU_JIT_NUM_OPTIONS) return false;
        if (is_local(option)) continue;
        if (writer.size() + kPair > out.size()) return false;
        writer.scalar(static_cast<std::uint32_t>(option));
        writer.scalar(std::uint32_t{0});
        writer.scalar(number_in(options.values[index]));
    }
    size = writer.size();
    return true;
}

void return_logs(const JitOptions& options, bool success, std::span<const std::byte> log) {
    if (options.count == 0) return;
    const std::span<const std::byte> none;
    fill(options, abi::CU_JIT_INFO_LOG_BUFFER, abi::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, success ? log : none);
    fill(options, abi::CU_JIT_ERROR_LOG_BUFFER, abi::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
         success ? none : log);
}

}  // namespace guest
