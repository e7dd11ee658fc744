// VirtualMemory: bookkeeping; what it does to pages and ranges is DeviceMemory's (mapped_memory.cc).
#include "soft/api/virtual_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace soft::driver {

PhysicalMemory::~PhysicalMemory() {
    close(file);
    if (charged_) memory_.discharge(static_cast<unsigned>(prop.location.id), size);
}

abi::CUresult VirtualMemory::reserve(std::uint64_t size, std::uint64_t alignment, std::uint64_t& address) {
    address = memory_.take_addresses(size, alignment);
    if (address == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const std::lock_guard lock(mutex_);
    reserved_.emplace(address, size);
    return abi::CUDA_SUCCESS;
}

abi::CUresult VirtualMemory::unreserve(std::uint64_t address, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = reserved_.find(address);
    if (found == reserved_.end() || found->second != size) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto mapped = mappings_.lower_bound(address);
    if (mapped != mappings_.end() && mapped->first < address + size) return abi::CUDA_ERROR_INVALID_VALUE;
    reserved_.erase(found);
    memory_.give_addresses(address, size);
    return abi::CUDA_SUCCESS;
}

std::uint64_t VirtualMemory::add(std::shared_ptr<PhysicalMemory> memory) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t handle = next_handle_++;
    named_.emplace(handle, Named{std::move(memory)});
    return handle;
}

abi::CUresult VirtualMemory::create(std::uint64_t size, const abi::CUmemAllocationProp& prop,
                                    std::uint64_t& handle) {
    const auto device = static_cast<unsigned>(prop.location.id);
    if (!memory_.charge(device, size)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const int file = memfd_create("ferry-soft", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0) {
        if (file >= 0) close(file);
        memory_.discharge(device, size);
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
    handle = add(std::make_shared<PhysicalMemory>(memory_, file, size, prop, true));
    return abi::CUDA_SUCCESS;
}

abi::CUresult VirtualMemory::import_file(int file, std::uint64_t& handle) {
    struct stat facts {};
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) return abi::CUDA_ERROR_INVALID_VALUE;
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    // Of ours: a file in memory that nothing else is likely to have made like this.
    if (size == 0 || size % kGranule != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const int own = fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return abi::CUDA_ERROR_OPERATING_SYSTEM;
    abi::CUmemAllocationProp prop{};
    prop.type = abi::CU_MEM_ALLOCATION_TYPE_PINNED;
    prop.requestedHandleTypes = abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    prop.location = {abi::CU_MEM_LOCATION_TYPE_DEVICE, 0};
    handle = add(std::make_shared<PhysicalMemory>(memory_, own, size, prop, false));
    return abi::CUDA_SUCCESS;
}

abi::CUresult VirtualMemory::release(std::uint64_t handle) {
    std::shared_ptr<PhysicalMemory> last;  // ends behind the lock
    const std::lock_guard lock(mutex_);
    const auto found = named_.find(handle);
    if (found == named_.end()) return abi::CUDA_ERROR_INVALID_VALUE;
    if (--found->second.references != 0) return abi::CUDA_SUCCESS;
    last = std::move(found->second.memory);
    named_.erase(found);
    return abi::CUDA_SUCCESS;
}

std::shared_ptr<PhysicalMemory> VirtualMemory::find(std::uint64_t handle) const {
    const std::lock_guard lock(mutex_);
    const auto found = named_.find(handle);
    return found == named_.end() ? nullptr : found->second.memory;
}

abi::CUresult VirtualMemory::map(std::uint64_t address, std::uint64_t size, std::uint64_t offset,
                                 std::uint64_t handle) {
    const std::lock_guard lock(mutex_);
    const auto named = named_.find(handle);
    if (named == named_.end()) return abi::CUDA_ERROR_INVALID_VALUE;
    const PhysicalMemory& memory = *named->second.memory;
    if (offset > memory.size || size > memory.size - offset) return abi::CUDA_ERROR_INVALID_VALUE;
    auto around = reserved_.upper_bound(address);
    if (around == reserved_.begin()) return abi::CUDA_ERROR_INVALID_VALUE;
    --around;
    const std::uint64_t into = address - around->first;
    if (into >= around->second || size > around->second - into) return abi::CUDA_ERROR_INVALID_VALUE;
    auto next = mappings_.lower_bound(address);
    if (next != mappings_.end() && next->first < address + size) return abi::CUDA_ERROR_INVALID_VALUE;
    if (next != mappings_.begin() && std::prev(next)->first + std::prev(next)->second.size > address)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const auto device = static_cast<unsigned>(memory.prop.location.id);
    if (!memory_.map(address, size, memory.file, offset, device)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    mappings_.emplace(address, Mapping{size, handle, named->second.memory});
    return abi::CUDA_SUCCESS;
}

// Whether whole mappings, side by side, make up the range.
bool VirtualMemory::covers(std::uint64_t address, std::uint64_t size) const {
    const std::uint64_t end = address + size;
    while (address < end) {
        const auto found = mappings_.find(address);
        if (found == mappings_.end()) return false;
        address += found->second.size;
    }
    return address == end;
}

abi::CUresult VirtualMemory::unmap(std::uint64_t address, std::uint64_t size) {
    std::map<std::uint64_t, Mapping> ended;  // their memory may end with them, behind the lock
    const std::lock_guard lock(mutex_);
    if (!covers(address, size)) return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::uint64_t at = address; at < address + size;) {
        const auto found = mappings_.find(at);
        at += found->second.size;
        memory_.unmap(found->first);
        ended.insert(mappings_.extract(found));
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult VirtualMemory::set_access(std::uint64_t address, std::uint64_t size, int device, bool may) {
    const std::lock_guard lock(mutex_);
    if (!covers(address, size)) return abi::CUDA_ERROR_INVALID_VALUE;
    for (std::uint64_t at = address; at < address + size; at += mappings_.at(at).size)
        memory_.set_mapped_access(at, static_cast<unsigned>(device), may);
    return abi::CUDA_SUCCESS;
}

bool VirtualMemory::may_use(std::uint64_t address, int device, bool& known) const {
    const auto block = memory_.find_mapping(address);
    known = block.has_value();
    return known && (block->flags >> device & 1U) != 0;
}

abi::CUresult VirtualMemory::retain(std::uint64_t address, std::uint64_t& handle) {
    const std::lock_guard lock(mutex_);
    auto found = mappings_.upper_bound(address);
    if (found == mappings_.begin()) return abi::CUDA_ERROR_INVALID_VALUE;
    --found;
    if (address - found->first >= found->second.size) return abi::CUDA_ERROR_INVALID_VALUE;
    handle = found->second.handle;
    // Its name may have been given up while it was mapped: then it comes back.
    const auto [named, is_new] = named_.try_emplace(handle, Named{found->second.memory});
    if (!is_new) ++named->second.references;
    return abi::CUDA_SUCCESS;
}

}  // namespace soft::driver
