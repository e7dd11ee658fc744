// Exported: what streams write to memory and wait for there.
#include "soft/api/graph_backend.h"
#include "soft/api/stream_values.h"

using namespace soft;
using namespace soft::driver;

namespace {

using Operation = abi::CUstreamBatchMemOpParams;

CUresult run(abi::CUstream handle, bool per_thread, std::vector<Operation> operations, unsigned flags = 0) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        const auto take = [&](graphs::Work& work) {
            work = graphs::ValuesWork{graph_backend().current_context(), operations, flags};
            return check_values(device, operations, flags, true);
        };
        if (const auto diverted = divert(device, *stream, take)) return *diverted;
        const CUresult good = check_values(device, operations, flags);
        if (good != abi::CUDA_SUCCESS || operations.empty()) return good;
        const CommandRef command = make_command(CommandKind::values, stream);
        fill_values(std::move(operations), *command);
        device.scheduler.submit(command);
        return abi::CUDA_SUCCESS;
    });
}

CUresult run_batch(abi::CUstream handle, bool per_thread, unsigned count, const Operation* operations,
                   unsigned flags) {
    const bool sane = count <= kMostValues && (count == 0 || operations != nullptr);
    if (!sane) return abi::CUDA_ERROR_INVALID_VALUE;
    return run(handle, per_thread, {operations, operations + count}, flags);
}

template <class T>
CUresult wait(abi::CUstream handle, bool per_thread, abi::CUdeviceptr address, T value, unsigned flags) {
    Operation operation{};
    operation.waitValue.operation =
        sizeof value == 8 ? abi::CU_STREAM_MEM_OP_WAIT_VALUE_64 : abi::CU_STREAM_MEM_OP_WAIT_VALUE_32;
    operation.waitValue.address = address;
    operation.waitValue.value64 = value;
    operation.waitValue.flags = flags;
    return run(handle, per_thread, {operation});
}

template <class T>
CUresult write(abi::CUstream handle, bool per_thread, abi::CUdeviceptr address, T value, unsigned flags) {
    Operation operation{};
    operation.writeValue.operation =
        sizeof value == 8 ? abi::CU_STREAM_MEM_OP_WRITE_VALUE_64 : abi::CU_STREAM_MEM_OP_WRITE_VALUE_32;
    operation.writeValue.address = address;
    operation.writeValue.value64 = value;
    operation.writeValue.flags = flags;
    return run(handle, per_thread, {operation});
}

}  // namespace

SOFT_TWIN(cuStreamWaitValue32_v2, _ptsz,
          (abi::CUstream stream, abi::CUdeviceptr address, abi::cuuint32_t value, unsigned int flags),
          wait(stream, per_thread, address, value, flags))
SOFT_TWIN(cuStreamWaitValue64_v2, _ptsz,
          (abi::CUstream stream, abi::CUdeviceptr address, abi::cuuint64_t value, unsigned int flags),
          wait(stream, per_thread, address, value, flags))
SOFT_TWIN(cuStreamWriteValue32_v2, _ptsz,
          (abi::CUstream stream, abi::CUdeviceptr address, abi::cuuint32_t value, unsigned int flags),
          write(stream, per_thread, address, value, flags))
SOFT_TWIN(cuStreamWriteValue64_v2, _ptsz,
          (abi::CUstream stream, abi::CUdeviceptr address, abi::cuuint64_t value, unsigned int flags),
          write(stream, per_thread, address, value, flags))
SOFT_TWIN(cuStreamBatchMemOp_v2, _ptsz,
          (abi::CUstream stream, unsigned int count, abi::CUstreamBatchMemOpParams* operations,
           unsigned int flags),
          run_batch(stream, per_thread, count, operations, flags))
