// JitOptions: reading the parallel arrays. A value is the pointer-sized slot itself, not what it points at.
#include "soft/api/jit_options.h"

#include <algorithm>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {

JitOptions::JitOptions(unsigned count, const abi::CUjit_option* options, void** values) {
    valid_ = count == 0 || (options != nullptr && values != nullptr);
    for (unsigned index = 0; valid_ && index < count; ++index) {
        void** const slot = values + index;
        switch (options[index]) {
            case abi::CU_JIT_INFO_LOG_BUFFER:
                information_.buffer = static_cast<char*>(*slot);
                break;
            case abi::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES:
                information_.capacity = static_cast<unsigned>(address_of(*slot));
                information_.size_slot = slot;
                break;
            case abi::CU_JIT_ERROR_LOG_BUFFER:
                error_.buffer = static_cast<char*>(*slot);
                break;
            case abi::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES:
                error_.capacity = static_cast<unsigned>(address_of(*slot));
                error_.size_slot = slot;
                break;
            case abi::CU_JIT_WALL_TIME:
                time_slot_ = slot;
                break;
            default:
                // Hints to a compiler that is not here. Whatever is asked for, the code means the same.
                valid_ = options[index] >= 0 && options[index] < abi::CU_JIT_NUM_OPTIONS;
        }
    }
}

void JitOptions::write(const Log& log, std::string_view text) {
    std::size_t size = 0;
    if (log.buffer != nullptr && log.capacity != 0) {
        const std::size_t kept = std::min<std::size_t>(text.size(), log.capacity - 1);
        copy_exact(log.buffer, text.data(), kept);
        log.buffer[kept] = '\0';
        size = text.empty() ? 0 : kept + 1;
    }
    if (log.size_slot != nullptr) *log.size_slot = host_view(size);
}

void JitOptions::report(std::string_view information, std::string_view error, float milliseconds) const {
    write(information_, information);
    write(error_, error);
    if (time_slot_ != nullptr) copy_exact(time_slot_, &milliseconds, sizeof milliseconds);
}

}  // namespace soft::driver
