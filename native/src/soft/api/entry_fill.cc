// Exported: fills. Asynchronous to the host in all forms, except for pinned memory in the blocking ones.
#include "soft/api/fills.h"
#include "soft/api/graph_backend.h"
#include "soft/memory/transfer.h"

using namespace soft;
using namespace soft::driver;

namespace soft::driver {

CUresult check_fill(const Device& device, const Fill& fill, bool in_graph) {
    const bool aligned = fill.target % fill.unit == 0 && (fill.rows == 1 || fill.pitch % fill.unit == 0);
    std::size_t width = 0;
    if (!aligned || __builtin_mul_overflow(fill.count, fill.unit, &width))
        return abi::CUDA_ERROR_INVALID_VALUE;
    const bool sane =
        fill.rows == 1 || (fill.pitch >= width && fill.pitch <= kMaxPitch && fill.rows <= kMaxPitch);
    if (!sane) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::size_t extent = (fill.rows - 1) * fill.pitch + width;
    Range range;
    const bool found = device.memory.find_range(fill.target, range) ||
                       (in_graph && device.memory.find_promised(fill.target, range));
    const bool inside = found && extent <= range.hi - fill.target;
    return inside ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

}  // namespace soft::driver

namespace {

graphs::FillWork node_of(const Fill& fill) {
    return {{fill.target, fill.pitch, fill.value, static_cast<unsigned>(fill.unit), fill.count, fill.rows,
             graph_backend().current_context()}};
}

CUresult run(abi::CUstream handle, bool per_thread, bool blocking, const Fill& fill) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (fill.count == 0 || fill.rows == 0) return abi::CUDA_SUCCESS;
        const auto take = [&](graphs::Work& work) {
            work = node_of(fill);
            return check_fill(device, fill, true);
        };
        if (const auto diverted = divert(device, *stream, take, blocking)) return *diverted;
        if (const CUresult checked = check_fill(device, fill); checked != abi::CUDA_SUCCESS) return checked;
        bool wait = false;
        if (blocking) {
            const auto block = device.memory.find_block(fill.target);
            wait = block && (block->kind == BlockKind::pinned || block->kind == BlockKind::registered);
        }
        const CommandRef command = make_command(CommandKind::transfer, stream);
        command->work = [fill] { perform(fill); };
        return submit_work(device, context, command, wait);
    });
}

Fill rows(std::uint64_t target, std::size_t pitch, std::uint32_t value, std::size_t unit, std::size_t width,
          std::size_t height) {
    return {target, value, unit, width, height, pitch};
}

Fill line(std::uint64_t target, std::uint32_t value, std::size_t unit, std::size_t count) {
    return {target, value, unit, count, 1, 0};
}

}  // namespace

// The four forms of each width: blocking and Async, linear and 2D, each with its twin.
#define SOFT_FILL(bits, type)                                                                            \
    SOFT_TWIN(cuMemsetD##bits##_v2, _ptds, (abi::CUdeviceptr target, type value, std::size_t count),     \
              run(nullptr, per_thread, true, line(target, value, sizeof(type), count)))                  \
    SOFT_TWIN(cuMemsetD##bits##Async, _ptsz,                                                             \
              (abi::CUdeviceptr target, type value, std::size_t count, abi::CUstream stream),            \
              run(stream, per_thread, false, line(target, value, sizeof(type), count)))                  \
    SOFT_TWIN(                                                                                           \
        cuMemsetD2D##bits##_v2, _ptds,                                                                   \
        (abi::CUdeviceptr target, std::size_t pitch, type value, std::size_t width, std::size_t height), \
        run(nullptr, per_thread, true, rows(target, pitch, value, sizeof(type), width, height)))         \
    SOFT_TWIN(cuMemsetD2D##bits##Async, _ptsz,                                                           \
              (abi::CUdeviceptr target, std::size_t pitch, type value, std::size_t width,                \
               std::size_t height, abi::CUstream stream),                                                \
              run(stream, per_thread, false, rows(target, pitch, value, sizeof(type), width, height)))

SOFT_FILL(8, unsigned char)
SOFT_FILL(16, unsigned short)
SOFT_FILL(32, unsigned int)
