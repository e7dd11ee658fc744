// Pools (pool.h): what can be asked of one and set, and which devices may use its memory.
#include "soft/api/pool.h"

namespace soft::driver {

abi::CUresult Pools::get_attribute(const Pool& pool, abi::CUmemPool_attribute which, void* value) const {
    const std::lock_guard lock(mutex_);
    const auto put = [value](auto what) {
        copy_exact(value, &what, sizeof what);
        return abi::CUDA_SUCCESS;
    };
    switch (which) {
        case abi::CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
            return put(pool.follows_events_);
        case abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
            return put(pool.opportunistic_);
        case abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
            return put(pool.internal_dependencies_);
        case abi::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
            return put(pool.threshold_);
        case abi::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
            return put(pool.reserved_);
        case abi::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
            return put(pool.reserved_high_);
        case abi::CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
            return put(pool.used_);
        case abi::CU_MEMPOOL_ATTR_USED_MEM_HIGH:
            return put(pool.used_high_);
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult Pools::set_attribute(Pool& pool, abi::CUmemPool_attribute which, const void* value) {
    const std::lock_guard lock(mutex_);
    const auto flag = [value](int& target) {
        int given = 0;
        copy_exact(&given, value, sizeof given);
        target = given != 0 ? 1 : 0;
        return abi::CUDA_SUCCESS;
    };
    const auto number = [value] {
        std::uint64_t given = 0;
        copy_exact(&given, value, sizeof given);
        return given;
    };
    const auto reset = [&number](std::uint64_t& high, std::uint64_t current) {
        if (number() != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        high = current;
        return abi::CUDA_SUCCESS;
    };
    switch (which) {
        case abi::CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
            return flag(pool.follows_events_);
        case abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
            return flag(pool.opportunistic_);
        case abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
            return flag(pool.internal_dependencies_);
        case abi::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
            pool.threshold_ = number();
            return abi::CUDA_SUCCESS;
        case abi::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
            return reset(pool.reserved_high_, pool.reserved_);
        case abi::CU_MEMPOOL_ATTR_USED_MEM_HIGH:
            return reset(pool.used_high_, pool.used_);
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
}

abi::CUmemAccess_flags Pools::access(const Pool& pool, int ordinal) const {
    if (ordinal == pool.ordinal) return abi::CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    const std::lock_guard lock(mutex_);
    const auto found = pool.access_.find(ordinal);
    return found == pool.access_.end() ? abi::CU_MEM_ACCESS_FLAGS_PROT_NONE : found->second;
}

bool Pools::is_open_to(std::uint64_t address, int ordinal) const {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(address);
    if (found == blocks_.end()) return false;
    const auto& others = found->second.pool->access_;
    const auto access = others.find(ordinal);
    return access != others.end() && access->second != abi::CU_MEM_ACCESS_FLAGS_PROT_NONE;
}

void Pools::set_access(Pool& pool, int ordinal, abi::CUmemAccess_flags flags) {
    const std::lock_guard lock(mutex_);
    pool.access_[ordinal] = flags;
    const bool may = flags != abi::CU_MEM_ACCESS_FLAGS_PROT_NONE;
    for (const auto& [address, adopted] : adopted_) {
        if (adopted.pool == &pool) memory_.set_mapped_access(address, static_cast<unsigned>(ordinal), may);
    }
}

}  // namespace soft::driver
