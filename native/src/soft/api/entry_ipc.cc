// Exported: memory and events of other processes of this user. A handle names a file in memory by process and
// descriptor. An allocation becomes such a file when it is first given away: its bytes move, its address
// stays.
#include <sys/mman.h>
#include <unistd.h>

#include <map>

#include "soft/api/entry.h"
#include "soft/api/ipc_event.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr std::uint64_t kMemoryMark = 0x4665'7272'794d'656dULL;
constexpr std::uint64_t kEventMark = 0x4665'7272'7945'7674ULL;

// What the 64 bytes of a handle hold.
struct Handle {
    std::uint64_t mark = 0;
    SharedFile file;
};
static_assert(sizeof(Handle) <= sizeof(abi::CUipcMemHandle));
static_assert(sizeof(Handle) <= sizeof(abi::CUipcEventHandle));

struct Given {
    std::uint64_t id = 0;  // of the block
    SharedFile file;
};
struct Taken {
    std::uint64_t size = 0;  // bytes of addresses
    unsigned uses = 1;
};

std::mutex table_mutex;
std::map<std::uint64_t, Given> given;  // by address
std::map<std::uint64_t, Taken> taken;  // by address
std::map<std::uint64_t, std::uint64_t> taken_by_inode;

constexpr std::uint64_t whole(std::uint64_t size) { return (size + kGranule - 1) / kGranule * kGranule; }

// Moves the block's bytes into a file that lies under its address from then on.
bool move_to_file(const Block& block, SharedFile& file) {
    const int descriptor = memfd_create("ferry-soft-memory", MFD_CLOEXEC);
    if (descriptor < 0) return false;
    const std::uint64_t size = (block.room + 4095) / 4096 * 4096;
    bool good = ftruncate(descriptor, static_cast<off_t>(whole(size))) == 0;
    for (std::uint64_t done = 0; good && done < size;) {
        const ssize_t wrote = pwrite(descriptor, host_view(block.address + done), size - done,
                                     static_cast<off_t>(done));
        good = wrote > 0;
        done += good ? static_cast<std::uint64_t>(wrote) : 0;
    }
    constexpr int kFlags = MAP_SHARED | MAP_FIXED;
    good = good && mmap(host_view(block.address), size, PROT_READ | PROT_WRITE, kFlags, descriptor, 0) !=
                       MAP_FAILED;
    good = good && describe_shared(descriptor, whole(size), file);
    if (!good) close(descriptor);
    return good;
}

CUresult give(Device& device, const Block& block, SharedFile& file) {
    // Smaller ones share their pages with others.
    if (block.kind != BlockKind::device) return abi::CUDA_ERROR_INVALID_VALUE;
    if (block.room < std::uint64_t{1} << 20) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const std::lock_guard lock(table_mutex);
    const auto found = given.find(block.address);
    if (found != given.end() && found->second.id == block.id) {
        file = found->second.file;
        return abi::CUDA_SUCCESS;
    }
    if (found != given.end()) close(found->second.file.descriptor);  // of a block that is free
    device.wait_for_all();
    if (!move_to_file(block, file)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    given[block.address] = {block.id, file};
    return abi::CUDA_SUCCESS;
}

CUresult take(Device& device, const Context& context, const SharedFile& file, std::uint64_t& address) {
    const std::lock_guard lock(table_mutex);
    if (const auto known = taken_by_inode.find(file.inode); known != taken_by_inode.end()) {
        address = known->second;
        ++taken.at(address).uses;
        return abi::CUDA_SUCCESS;
    }
    const int descriptor = open_shared(file);
    if (descriptor < 0) return abi::CUDA_ERROR_INVALID_HANDLE;
    std::uint64_t memory = 0;
    CUresult result = device.virtuals.import_file(descriptor, memory);
    close(descriptor);
    if (result != abi::CUDA_SUCCESS) return result;
    result = device.virtuals.reserve(file.size, 0, address);
    if (result == abi::CUDA_SUCCESS) result = device.virtuals.map(address, file.size, 0, memory);
    if (result == abi::CUDA_SUCCESS)
        result = device.virtuals.set_access(address, file.size, context.ordinal, true);
    (void)device.virtuals.release(memory);
    if (result != abi::CUDA_SUCCESS) return abi::CUDA_ERROR_MAP_FAILED;
    taken[address] = {file.size};
    taken_by_inode[file.inode] = address;
    return abi::CUDA_SUCCESS;
}

}  // namespace

SOFT_EXPORT CUresult cuIpcGetMemHandle(abi::CUipcMemHandle* out, abi::CUdeviceptr dptr) {
    return enter_context([&](Device& device, Context&) {
        const auto block = device.memory.find_block(dptr);
        if (out == nullptr || !block) return abi::CUDA_ERROR_INVALID_VALUE;
        Handle handle{kMemoryMark, {}};
        const CUresult result = give(device, *block, handle.file);
        if (result != abi::CUDA_SUCCESS) return result;
        *out = {};
        copy_exact(out, &handle, sizeof handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuIpcOpenMemHandle_v2(abi::CUdeviceptr* dptr, abi::CUipcMemHandle given_handle,
                                           unsigned int flags) {
    return enter_context([&](Device& device, const Context& context) {
        Handle handle;
        copy_exact(&handle, &given_handle, sizeof handle);
        if (dptr == nullptr || (flags & ~unsigned{abi::CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS}) != 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        if (handle.mark != kMemoryMark) return abi::CUDA_ERROR_INVALID_VALUE;
        if (handle.file.process == getpid()) return abi::CUDA_ERROR_INVALID_CONTEXT;
        std::uint64_t address = 0;
        const CUresult result = take(device, context, handle.file, address);
        if (result == abi::CUDA_SUCCESS) *dptr = address;
        return result;
    });
}

SOFT_EXPORT CUresult cuIpcCloseMemHandle(abi::CUdeviceptr dptr) {
    return enter_context([&](Device& device, Context&) {
        const std::lock_guard lock(table_mutex);
        const auto found = taken.find(dptr);
        if (found == taken.end()) return abi::CUDA_ERROR_INVALID_VALUE;
        if (--found->second.uses != 0) return abi::CUDA_SUCCESS;
        device.wait_for_all();
        (void)device.virtuals.unmap(dptr, found->second.size);
        (void)device.virtuals.unreserve(dptr, found->second.size);
        taken.erase(found);
        std::erase_if(taken_by_inode, [dptr](const auto& entry) { return entry.second == dptr; });
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuIpcGetEventHandle(abi::CUipcEventHandle* out, abi::CUevent event_handle) {
    return enter_context([&](const Device& device, Context&) {
        const Event* event = device.handles.find<Event>(event_handle);
        if (event == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        Handle handle{kEventMark, {}};
        if (out == nullptr || !find_shared_event(*event, handle.file)) return abi::CUDA_ERROR_INVALID_VALUE;
        *out = {};
        copy_exact(out, &handle, sizeof handle);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuIpcOpenEventHandle(abi::CUevent* out, abi::CUipcEventHandle given_handle) {
    return enter_context([&](Device&, Context& context) {
        Handle handle;
        copy_exact(&handle, &given_handle, sizeof handle);
        if (out == nullptr || handle.mark != kEventMark) return abi::CUDA_ERROR_INVALID_VALUE;
        const EventRef event =
            context.create_event(abi::CU_EVENT_INTERPROCESS | abi::CU_EVENT_DISABLE_TIMING);
        if (event == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        if (!share_event(*event, &handle.file)) {
            context.destroy_event(*event);
            return abi::CUDA_ERROR_INVALID_HANDLE;
        }
        *out = as_handle<abi::CUevent>(event->handle);
        return abi::CUDA_SUCCESS;
    });
}
