// Chapter "Execution Control", what is not generated: launches with their arguments packed by layout and
// everything checked that CUDA reports at once.
#include "graph_backend.h"
#include "guest/hand.h"
#include "launch_request.h"
#include "modules.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

struct Dimensions {
    unsigned x;
    unsigned y;
    unsigned z;
    std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

struct Launch {
    abi::CUfunction function;
    Dimensions grid;
    Dimensions block;
    unsigned shared_bytes;
    abi::CUstream stream;
    void** parameters;
    void** extra;
    bool cooperative;
};

bool within(const DeviceFacts& device, const Dimensions& size, abi::CUdevice_attribute x,
            abi::CUdevice_attribute y, abi::CUdevice_attribute z) {
    const auto fits = [&](unsigned value, abi::CUdevice_attribute limit) {
        return std::int64_t{value} <= device.attribute(limit);
    };
    return fits(size.x, x) && fits(size.y, y) && fits(size.z, z);
}

// What CUDA refuses at the call, by the device's limits and the kernel's.
// Inline: a call is a tenth of what a launch may cost.
[[gnu::always_inline]] inline abi::CUresult check_sizes(const DeviceFacts& device, const KernelFacts& facts,
                                                        const Launch& launch) {
    const bool sizes_good =
        within(device, launch.grid, abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X,
               abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z) &&
        within(device, launch.block, abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X,
               abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
    const auto threads = static_cast<std::int64_t>(launch.block.count());
    if (!sizes_good || threads == 0 || launch.grid.count() == 0 ||
        threads > device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    const auto attribute = [&](abi::CUfunction_attribute which) {
        return std::int64_t{facts.attributes[which].load(std::memory_order_relaxed)};
    };
    const std::int64_t most_threads = attribute(abi::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    if (most_threads > 0 && threads > most_threads) return abi::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
    const std::int64_t most_shared = attribute(abi::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
    if (launch.shared_bytes > 0 && std::int64_t{launch.shared_bytes} > most_shared) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return abi::CUDA_SUCCESS;
}

graphs::KernelCode code_of(const Function& function) {
    graphs::KernelCode code;
    code.identity = function.handle.value;
    for (const Parameter& parameter : function.facts->parameters)
        code.arguments.push_back({parameter.offset, parameter.size});
    code.bytes = function.facts->parameter_bytes;
    return code;
}

// What a launch that is captured becomes.
graphs::KernelWork node_of(Session& session, const Function& function, const Launch& launch,
                           const LaunchArguments& arguments) {
    graphs::KernelWork kernel;
    kernel.params.func = launch.function;
    kernel.params.gridDimX = launch.grid.x;
    kernel.params.gridDimY = launch.grid.y;
    kernel.params.gridDimZ = launch.grid.z;
    kernel.params.blockDimX = launch.block.x;
    kernel.params.blockDimY = launch.block.y;
    kernel.params.blockDimZ = launch.block.z;
    kernel.params.sharedMemBytes = launch.shared_bytes;
    kernel.params.ctx = graph_backend(session).current_context();
    kernel.code = code_of(function);
    kernel.packed.resize(arguments.size());
    arguments.write(kernel.packed.data());
    if (launch.cooperative) {
        abi::CUlaunchAttribute attribute{};
        attribute.id = abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
        attribute.value.cooperative = 1;
        kernel.attributes.push_back(attribute);
    }
    return kernel;
}

// What becomes of a launch into a stream that captures; nothing where none does.
[[gnu::noinline]] std::optional<abi::CUresult> capture(Session& session, const Function& function,
                                                       Launch launch, LaunchArguments arguments) {
    return divert(session, wire::to_handle(launch.stream), [&](graphs::Work& work) {
        work = node_of(session, function, launch, arguments);
        return abi::CUDA_SUCCESS;
    });
}

abi::CUresult launch_kernel(Session& session, const Launch& launch) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const Function* function = find_function(session, wire::to_handle(launch.function));
    if (function == nullptr || function->facts == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const KernelFacts& facts = *function->facts;
    const wire::Handle stream = wire::to_handle(launch.stream);
    const abi::CUresult stream_good = check(session, wire::HandleKind::stream, stream);
    if (stream_good != abi::CUDA_SUCCESS) return stream_good;
    const abi::CUresult sizes_good = check_sizes(*session.snapshot.device(context->device), facts, launch);
    if (sizes_good != abi::CUDA_SUCCESS) return sizes_good;
    if (launch.parameters != nullptr && launch.extra != nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    LaunchArguments arguments;
    if (!arguments.find(facts, launch.parameters, launch.extra)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (graphs::Captures::any()) [[unlikely]] {
        if (const auto captured = capture(session, *function, launch, arguments)) return *captured;
    }
    const wire::cuLaunchKernel_Request fields{.f = function->handle,
                                              .gridDimX = launch.grid.x,
                                              .gridDimY = launch.grid.y,
                                              .gridDimZ = launch.grid.z,
                                              .blockDimX = launch.block.x,
                                              .blockDimY = launch.block.y,
                                              .blockDimZ = launch.block.z,
                                              .sharedMemBytes = launch.shared_bytes,
                                              .hStream = stream,
                                              .flags = launch.cooperative ? 1u : 0u,
                                              .params = {static_cast<std::byte*>(nullptr), arguments.size()}};
    const abi::CUresult sent = send_in(session, context, LaunchRequest{fields, arguments});
    context->note_launch();
    return sent;
}

// Reads a launch's attributes: cooperative is forwarded, hints are dropped, what would change results is
// refused.
abi::CUresult read_attributes(const abi::CUlaunchConfig& config, bool& cooperative) {
    if (config.numAttrs != 0 && config.attrs == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    for (unsigned index = 0; index < config.numAttrs; ++index) {
        const abi::CUlaunchAttribute& attribute = config.attrs[index];
        switch (attribute.id) {
            case abi::CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
                cooperative = attribute.value.cooperative != 0;
                break;
            case abi::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: {
                const auto& cluster = attribute.value.clusterDim;
                if (cluster.x != 1 || cluster.y != 1 || cluster.z != 1) return abi::CUDA_ERROR_NOT_SUPPORTED;
                break;
            }
            // Hints: they change when or where a kernel runs, not what it computes.
            case abi::CU_LAUNCH_ATTRIBUTE_IGNORE:
            case abi::CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
            case abi::CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
            case abi::CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
            case abi::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
            case abi::CU_LAUNCH_ATTRIBUTE_PRIORITY:
            case abi::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
            case abi::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
            case abi::CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION:
            case abi::CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
            case abi::CU_LAUNCH_ATTRIBUTE_NVLINK_UTIL_CENTRIC_SCHEDULING:
                break;
            default:
                return abi::CUDA_ERROR_NOT_SUPPORTED;
        }
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult describe_kernel(Session& session, const abi::CUDA_KERNEL_NODE_PARAMS_v3& params,
                              graphs::KernelCode& code) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const wire::Handle handle =
        params.func != nullptr ? wire::to_handle(params.func) : wire::to_handle(params.kern);
    const Function* function = find_function(session, handle);
    if (function == nullptr || function->facts == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    code = code_of(*function);
    const Launch launch{params.func,
                        {params.gridDimX, params.gridDimY, params.gridDimZ},
                        {params.blockDimX, params.blockDimY, params.blockDimZ},
                        params.sharedMemBytes,
                        nullptr,
                        nullptr,
                        nullptr,
                        false};
    return check_sizes(*session.snapshot.device(context->device), *function->facts, launch);
}

namespace hand {

// Flat: all that a launch is made of stays in registers until it is written into the ring. Through memory it
// would be read back in other widths than it was written in, and such a read waits for all writes before it.
[[gnu::flatten]]
abi::CUresult cuLaunchKernel(Session& session, abi::CUfunction f, unsigned int gridDimX,
                             unsigned int gridDimY, unsigned int gridDimZ, unsigned int blockDimX,
                             unsigned int blockDimY, unsigned int blockDimZ, unsigned int sharedMemBytes,
                             abi::CUstream hStream, void** kernelParams, void** extra) {
    return launch_kernel(session, {f,
                                   {gridDimX, gridDimY, gridDimZ},
                                   {blockDimX, blockDimY, blockDimZ},
                                   sharedMemBytes,
                                   hStream,
                                   kernelParams,
                                   extra,
                                   false});
}

abi::CUresult cuLaunchCooperativeKernel(Session& session, abi::CUfunction f, unsigned int gridDimX,
                                        unsigned int gridDimY, unsigned int gridDimZ, unsigned int blockDimX,
                                        unsigned int blockDimY, unsigned int blockDimZ,
                                        unsigned int sharedMemBytes, abi::CUstream hStream,
                                        void** kernelParams) {
    return launch_kernel(session, {f,
                                   {gridDimX, gridDimY, gridDimZ},
                                   {blockDimX, blockDimY, blockDimZ},
                                   sharedMemBytes,
                                   hStream,
                                   kernelParams,
                                   nullptr,
                                   true});
}

abi::CUresult cuLaunchKernelEx(Session& session, const abi::CUlaunchConfig* config, abi::CUfunction f,
                               void** kernelParams, void** extra, abi::CUstream default_stream) {
    if (config == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    bool cooperative = false;
    const abi::CUresult good = read_attributes(*config, cooperative);
    if (good != abi::CUDA_SUCCESS) return good;
    return launch_kernel(session, {f,
                                   {config->gridDimX, config->gridDimY, config->gridDimZ},
                                   {config->blockDimX, config->blockDimY, config->blockDimZ},
                                   config->sharedMemBytes,
                                   config->hStream == nullptr ? default_stream : config->hStream,
                                   kernelParams,
                                   extra,
                                   cooperative});
}

}  // namespace hand
}  // namespace guest
