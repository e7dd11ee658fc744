// The null device's memory: addresses and sizes, no bytes. See null_state.h.
#include <cstring>

#include "device/null_state.h"

namespace device::null {
namespace {

constexpr std::uint64_t kAlignment = 512;
// Of blocks of that size and more, as on GPUs.
constexpr std::uint64_t kLargeAlignment = std::uint64_t{2} << 20;
constexpr std::uint64_t kOwnBase = 0x6000'0000'0000;
constexpr std::uint64_t kOwnSize = std::uint64_t{1} << 40;
constexpr std::size_t kPitch = 512;

abi::CUresult check(std::uint64_t address, std::uint64_t size) {
    const bool fine = size == 0 || memory().holds(address, size);
    return fine ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult mem_alloc(abi::CUdeviceptr* address, std::size_t size) {
    if (size == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    *address = memory().allocate(size);
    return *address != 0 ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_OUT_OF_MEMORY;
}
abi::CUresult mem_alloc_pitch(abi::CUdeviceptr* address, std::size_t* pitch, std::size_t width,
                              std::size_t height, unsigned) {
    std::size_t size = 0;
    if (width == 0 || height == 0 || width > kTotalMemory) return abi::CUDA_ERROR_INVALID_VALUE;
    *pitch = (width + kPitch - 1) / kPitch * kPitch;
    if (__builtin_mul_overflow(*pitch, height, &size)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    return mem_alloc(address, size);
}
abi::CUresult mem_free(abi::CUdeviceptr address) {
    return memory().free(address) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}
abi::CUresult mem_get_info(std::size_t* free, std::size_t* total) {
    *free = memory().available();
    *total = kTotalMemory;
    return abi::CUDA_SUCCESS;
}
abi::CUresult host_register(void*, std::size_t, unsigned) { return abi::CUDA_SUCCESS; }
abi::CUresult host_unregister(void*) { return abi::CUDA_SUCCESS; }

abi::CUresult copy_in(abi::CUdeviceptr target, const void*, std::size_t size, abi::CUstream) {
    return check(target, size);
}
abi::CUresult copy_out(void* target, abi::CUdeviceptr source, std::size_t size, abi::CUstream) {
    const abi::CUresult result = check(source, size);
    if (result == abi::CUDA_SUCCESS && size != 0) std::memset(target, 0, size);
    return result;
}
abi::CUresult copy_within(abi::CUdeviceptr target, abi::CUdeviceptr source, std::size_t size, abi::CUstream) {
    const abi::CUresult result = check(target, size);
    return result == abi::CUDA_SUCCESS ? check(source, size) : result;
}
abi::CUresult copy_rows(const abi::CUDA_MEMCPY2D* shape, abi::CUstream) {
    if (shape->WidthInBytes == 0 || shape->Height == 0) return abi::CUDA_SUCCESS;
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (shape->srcMemoryType == abi::CU_MEMORYTYPE_DEVICE)
        result = check(shape->srcDevice, shape->WidthInBytes);
    if (result == abi::CUDA_SUCCESS && shape->dstMemoryType == abi::CU_MEMORYTYPE_DEVICE) {
        result = check(shape->dstDevice, shape->WidthInBytes);
    }
    if (result != abi::CUDA_SUCCESS || shape->dstMemoryType != abi::CU_MEMORYTYPE_HOST) return result;
    auto* row = static_cast<std::byte*>(shape->dstHost);
    for (std::size_t index = 0; index < shape->Height; ++index) {
        std::memset(row + index * shape->dstPitch, 0, shape->WidthInBytes);
    }
    return result;
}

template <class Value>
abi::CUresult fill(abi::CUdeviceptr target, Value, std::size_t count, abi::CUstream) {
    std::uint64_t size = 0;
    if (__builtin_mul_overflow(count, sizeof(Value), &size)) return abi::CUDA_ERROR_INVALID_VALUE;
    return check(target, size);
}
template <class Value>
abi::CUresult fill_rows(abi::CUdeviceptr target, std::size_t, Value, std::size_t width, std::size_t height,
                        abi::CUstream stream) {
    return height == 0 ? abi::CUDA_SUCCESS : fill<Value>(target, Value{}, width, stream);
}

}  // namespace

Memory& memory() {
    static auto* const kMemory = new Memory;
    return *kMemory;
}

void Memory::place(std::uint64_t base, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const bool given = size != 0 && base != 0 && base + size > base;
    next_ = given ? base : kOwnBase;
    end_ = given ? base + size : kOwnBase + kOwnSize;
    used_ = 0;
    ranges_.clear();
    returned_.clear();
}

std::uint64_t Memory::allocate(std::uint64_t size) {
    if (size > kTotalMemory) return 0;
    const std::uint64_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
    const std::lock_guard lock(mutex_);
    if (whole > kTotalMemory - used_) return 0;
    std::uint64_t start = 0;
    if (const auto found = returned_.find(whole); found != returned_.end()) {
        start = found->second;
        returned_.erase(found);
    } else {
        const std::uint64_t alignment = whole >= kLargeAlignment ? kLargeAlignment : kAlignment;
        start = (next_ + alignment - 1) / alignment * alignment;
        if (start > end_ || end_ - start < whole) return 0;
        next_ = start + whole;
    }
    used_ += whole;
    ranges_.emplace(start, whole);
    return start;
}

bool Memory::free(std::uint64_t address) {
    const std::lock_guard lock(mutex_);
    const auto found = ranges_.find(address);
    if (found == ranges_.end()) return false;
    used_ -= found->second;
    returned_.emplace(found->second, found->first);
    ranges_.erase(found);
    return true;
}

bool Memory::holds(std::uint64_t address, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    auto found = ranges_.upper_bound(address);
    if (found == ranges_.begin()) return false;
    --found;
    const std::uint64_t offset = address - found->first;
    return offset <= found->second && size <= found->second - offset;
}

std::uint64_t Memory::available() {
    const std::lock_guard lock(mutex_);
    return kTotalMemory - used_;
}

void fill_memory(DriverTable& table) {
    table.cuMemAlloc_v2 = mem_alloc;
    table.cuMemAllocPitch_v2 = mem_alloc_pitch;
    table.cuMemFree_v2 = mem_free;
    table.cuMemGetInfo_v2 = mem_get_info;
    table.cuMemHostRegister_v2 = host_register;
    table.cuMemHostUnregister = host_unregister;
    table.cuMemcpyHtoDAsync_v2 = copy_in;
    table.cuMemcpyDtoHAsync_v2 = copy_out;
    table.cuMemcpyDtoDAsync_v2 = copy_within;
    table.cuMemcpy2DAsync_v2 = copy_rows;
    table.cuMemsetD8Async = fill<unsigned char>;
    table.cuMemsetD16Async = fill<unsigned short>;
    table.cuMemsetD32Async = fill<unsigned int>;
    table.cuMemsetD2D8Async = fill_rows<unsigned char>;
    table.cuMemsetD2D16Async = fill_rows<unsigned short>;
    table.cuMemsetD2D32Async = fill_rows<unsigned int>;
}

}  // namespace device::null
