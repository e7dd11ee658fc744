// See stream_values.h.
#include "soft/api/stream_values.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

using Operation = abi::CUstreamBatchMemOpParams;

template <class T>
std::atomic_ref<T> value_at(std::uint64_t address) {
    return std::atomic_ref<T>(*as_pointer<T*>(host_view(address)));
}

template <class T>
bool is_met(std::uint64_t address, T wanted, unsigned flags) {
    const T value = value_at<T>(address).load(std::memory_order_acquire);
    switch (flags) {
        case abi::CU_STREAM_WAIT_VALUE_EQ:
            return value == wanted;
        case abi::CU_STREAM_WAIT_VALUE_AND:
            return (value & wanted) != 0;
        case abi::CU_STREAM_WAIT_VALUE_NOR:
            return static_cast<T>(~(value | wanted)) != 0;
        default:  // GEQ, cyclic: the difference decides
            return static_cast<std::make_signed_t<T>>(value - wanted) >= 0;
    }
}

// False: not yet.
bool perform(const Operation& operation) {
    switch (operation.operation) {
        case abi::CU_STREAM_MEM_OP_WAIT_VALUE_32:
            return is_met<std::uint32_t>(operation.waitValue.address, operation.waitValue.value,
                                         operation.waitValue.flags);
        case abi::CU_STREAM_MEM_OP_WAIT_VALUE_64:
            return is_met<std::uint64_t>(operation.waitValue.address, operation.waitValue.value64,
                                         operation.waitValue.flags);
        case abi::CU_STREAM_MEM_OP_WRITE_VALUE_32:
            value_at<std::uint32_t>(operation.writeValue.address)
                .store(operation.writeValue.value, std::memory_order_release);
            return true;
        case abi::CU_STREAM_MEM_OP_WRITE_VALUE_64:
            value_at<std::uint64_t>(operation.writeValue.address)
                .store(operation.writeValue.value64, std::memory_order_release);
            return true;
        default:  // a barrier: there is nothing that would be out of order
            return true;
    }
}

abi::CUresult check_address(const Device& device, std::uint64_t address, std::size_t size, bool in_graph) {
    Range range;
    const bool found =
        device.memory.find_range(address, range) || (in_graph && device.memory.find_promised(address, range));
    const bool good = found && address % size == 0 && size <= range.hi - address;
    return good ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult check(const Device& device, const Operation& operation, bool in_graph) {
    const bool wide = operation.operation == abi::CU_STREAM_MEM_OP_WAIT_VALUE_64 ||
                      operation.operation == abi::CU_STREAM_MEM_OP_WRITE_VALUE_64;
    const std::size_t size = wide ? 8 : 4;
    switch (operation.operation) {
        case abi::CU_STREAM_MEM_OP_WAIT_VALUE_32:
        case abi::CU_STREAM_MEM_OP_WAIT_VALUE_64:
            if ((operation.waitValue.flags & abi::CU_STREAM_WAIT_VALUE_FLUSH) != 0)
                return abi::CUDA_ERROR_NOT_SUPPORTED;
            if (operation.waitValue.flags > abi::CU_STREAM_WAIT_VALUE_NOR)
                return abi::CUDA_ERROR_INVALID_VALUE;
            return check_address(device, operation.waitValue.address, size, in_graph);
        case abi::CU_STREAM_MEM_OP_WRITE_VALUE_32:
        case abi::CU_STREAM_MEM_OP_WRITE_VALUE_64:
            if (operation.writeValue.flags > abi::CU_STREAM_WRITE_VALUE_NO_MEMORY_BARRIER)
                return abi::CUDA_ERROR_INVALID_VALUE;
            return check_address(device, operation.writeValue.address, size, in_graph);
        case abi::CU_STREAM_MEM_OP_BARRIER:
            return operation.memoryBarrier.flags > 1 ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
        case abi::CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
            return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

abi::CUresult check_values(const Device& device, std::span<const Operation> operations, unsigned flags,
                           bool in_graph) {
    if (operations.size() > kMostValues || flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    for (const Operation& operation : operations) {
        const abi::CUresult good = check(device, operation, in_graph);
        if (good != abi::CUDA_SUCCESS) return good;
    }
    return abi::CUDA_SUCCESS;
}

void fill_values(std::vector<Operation> operations, Command& command) {
    command.kind = CommandKind::values;
    command.try_on = [operations = std::move(operations), at = std::size_t{0}]() mutable {
        while (at < operations.size() && perform(operations[at])) ++at;
        return at == operations.size();
    };
}

}  // namespace soft::driver
