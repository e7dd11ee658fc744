// Exported: managed memory. Host and device read and write the same pages, so allocation is all there is to
// do; prefetches and advice are checked and remembered.
#include <algorithm>

#include "soft/api/entry.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

bool is_managed(const Device& device, std::uint64_t address, std::size_t size) {
    const auto block = device.memory.find_block(address);
    return block && block->kind == BlockKind::managed && size <= block->size - (address - block->address);
}

// The place a location names; kNoPlace when it names none.
int place_of(const Device& device, const abi::CUmemLocation& location) {
    switch (location.type) {
        case abi::CU_MEM_LOCATION_TYPE_DEVICE:
            return location.id >= 0 && location.id < device.count() ? location.id : kNoPlace;
        case abi::CU_MEM_LOCATION_TYPE_HOST:
        case abi::CU_MEM_LOCATION_TYPE_HOST_NUMA:
        case abi::CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
            return kHostPlace;
        default:
            return kNoPlace;
    }
}

// The same for a CUdevice, which is -1 for the host.
int place_of(const Device& device, abi::CUdevice ordinal) {
    return ordinal >= kHostPlace && ordinal < device.count() ? ordinal : kNoPlace;
}

// Neither prefetches nor attachments are nodes of graphs.
graphs::Diverted ask_capture(const Device& device, const Stream& stream) {
    if (!graphs::Captures::any()) return std::nullopt;
    return graphs::captures().ask_stream(name_of(device, stream));
}

CUresult prefetch(Device& device, std::uint64_t address, std::size_t size, int place) {
    if (size == 0 || !is_managed(device, address, size)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (place == kNoPlace) return abi::CUDA_ERROR_INVALID_DEVICE;
    device.advice.change(address, address + size, [place](Advice& advice) { advice.prefetched = place; });
    return abi::CUDA_SUCCESS;
}

template <class Place>
CUresult prefetch_on(abi::CUdeviceptr address, std::size_t size, const Place& where, unsigned flags,
                     abi::CUstream stream, bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        if (flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        const StreamRef found = find_stream(device, context, stream, per_thread);
        if (found == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (const auto forbidden = ask_capture(device, *found)) return *forbidden;
        return prefetch(device, address, size, place_of(device, where));
    });
}

CUresult advise(Device& device, std::uint64_t address, std::size_t size, abi::CUmem_advise what, int place) {
    if (size == 0 || !is_managed(device, address, size)) return abi::CUDA_ERROR_INVALID_VALUE;
    const bool names_place = what == abi::CU_MEM_ADVISE_SET_PREFERRED_LOCATION ||
                             what == abi::CU_MEM_ADVISE_SET_ACCESSED_BY ||
                             what == abi::CU_MEM_ADVISE_UNSET_ACCESSED_BY;
    if (what < abi::CU_MEM_ADVISE_SET_READ_MOSTLY || what > abi::CU_MEM_ADVISE_UNSET_ACCESSED_BY)
        return abi::CUDA_ERROR_INVALID_VALUE;
    if (names_place && place == kNoPlace) return abi::CUDA_ERROR_INVALID_DEVICE;
    device.advice.change(address, address + size, [&](Advice& advice) {
        switch (what) {
            case abi::CU_MEM_ADVISE_SET_READ_MOSTLY:
            case abi::CU_MEM_ADVISE_UNSET_READ_MOSTLY:
                advice.read_mostly = what == abi::CU_MEM_ADVISE_SET_READ_MOSTLY;
                break;
            case abi::CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
                advice.preferred = place;
                break;
            case abi::CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
                advice.preferred = kNoPlace;
                break;
            case abi::CU_MEM_ADVISE_SET_ACCESSED_BY:
                advice.accessed_by.insert(place);
                break;
            case abi::CU_MEM_ADVISE_UNSET_ACCESSED_BY:
                advice.accessed_by.erase(place);
                break;
        }
    });
    return abi::CUDA_SUCCESS;
}

// What holds for all pages of a range.
Advice common_advice(const Device& device, std::uint64_t lo, std::uint64_t hi) {
    Advice common;
    bool first = true;
    device.advice.visit(lo, hi, [&](const Advice& advice) {
        if (std::exchange(first, false)) {
            common = advice;
            return;
        }
        common.read_mostly = common.read_mostly && advice.read_mostly;
        if (advice.preferred != common.preferred) common.preferred = kNoPlace;
        if (advice.prefetched != common.prefetched) common.prefetched = kNoPlace;
        std::erase_if(common.accessed_by, [&](int place) { return !advice.accessed_by.contains(place); });
    });
    return common;
}

int type_of(int place) {
    if (place == kNoPlace) return abi::CU_MEM_LOCATION_TYPE_INVALID;
    return place == kHostPlace ? abi::CU_MEM_LOCATION_TYPE_HOST : abi::CU_MEM_LOCATION_TYPE_DEVICE;
}

CUresult put_attribute(const Advice& advice, void* data, std::size_t size,
                       abi::CUmem_range_attribute attribute) {
    if (data == nullptr || size == 0 || size % sizeof(int) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    std::vector<int> values(1);
    switch (attribute) {
        case abi::CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY:
            values[0] = advice.read_mostly ? 1 : 0;
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION:
            values[0] = advice.preferred;
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY:
            values.assign(advice.accessed_by.begin(), advice.accessed_by.end());
            values.resize(size / sizeof(int), kNoPlace);
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION:
            values[0] = advice.prefetched;
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE:
            values[0] = type_of(advice.preferred);
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID:
            values[0] = std::max(advice.preferred, 0);
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE:
            values[0] = type_of(advice.prefetched);
            break;
        case abi::CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID:
            values[0] = std::max(advice.prefetched, 0);
            break;
        default:
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if (size != values.size() * sizeof(int)) return abi::CUDA_ERROR_INVALID_VALUE;
    copy_exact(data, values.data(), size);
    return abi::CUDA_SUCCESS;
}

CUresult attach(abi::CUstream handle, abi::CUdeviceptr address, std::size_t size, unsigned flags,
                bool per_thread) {
    return enter_context([&](Device& device, Context& context) {
        const StreamRef stream = find_stream(device, context, handle, per_thread);
        if (stream == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
        if (const auto forbidden = ask_capture(device, *stream)) return *forbidden;
        const bool known = flags == abi::CU_MEM_ATTACH_GLOBAL || flags == abi::CU_MEM_ATTACH_HOST ||
                           flags == abi::CU_MEM_ATTACH_SINGLE;
        const auto block = device.memory.find_start(address);
        const bool whole = block && block->kind == BlockKind::managed && (size == 0 || size == block->size);
        if (!known || !whole) return abi::CUDA_ERROR_INVALID_VALUE;
        // Whoever may access concurrently is bound by nothing here; only the order of streams is real.
        if (flags == abi::CU_MEM_ATTACH_SINGLE && stream->handle <= 2) return abi::CUDA_ERROR_INVALID_VALUE;
        return submit_work(device, context, make_command(CommandKind::marker, stream), false);
    });
}

}  // namespace

SOFT_EXPORT CUresult cuMemAllocManaged(abi::CUdeviceptr* dptr, std::size_t bytesize, unsigned int flags) {
    return enter_context([&](Device& device, Context& context) {
        const bool known = flags == abi::CU_MEM_ATTACH_GLOBAL || flags == abi::CU_MEM_ATTACH_HOST;
        if (dptr == nullptr || bytesize == 0 || !known) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t address =
            device.memory.allocate(bytesize, BlockKind::managed, flags, context.number);
        if (address == 0 && device.pools.trim_all())
            address = device.memory.allocate(bytesize, BlockKind::managed, flags, context.number);
        if (address == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        device.advice.forget(address, address + bytesize);
        *dptr = address;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_TWIN(cuStreamAttachMemAsync, _ptsz,
          (abi::CUstream stream, abi::CUdeviceptr dptr, std::size_t length, unsigned int flags),
          attach(stream, dptr, length, flags, per_thread))
SOFT_TWIN(cuMemPrefetchAsync, _ptsz,
          (abi::CUdeviceptr dptr, std::size_t count, abi::CUdevice where, abi::CUstream stream),
          prefetch_on(dptr, count, where, 0, stream, per_thread))
SOFT_TWIN(cuMemPrefetchAsync_v2, _ptsz,
          (abi::CUdeviceptr dptr, std::size_t count, abi::CUmemLocation where, unsigned int flags,
           abi::CUstream stream),
          prefetch_on(dptr, count, where, flags, stream, per_thread))

SOFT_EXPORT CUresult cuMemAdvise(abi::CUdeviceptr dptr, std::size_t count, abi::CUmem_advise advice,
                                 abi::CUdevice where) {
    return enter_context([&](Device& device, Context&) {
        return advise(device, dptr, count, advice, place_of(device, where));
    });
}

SOFT_EXPORT CUresult cuMemAdvise_v2(abi::CUdeviceptr dptr, std::size_t count, abi::CUmem_advise advice,
                                    abi::CUmemLocation where) {
    return enter_context([&](Device& device, Context&) {
        return advise(device, dptr, count, advice, place_of(device, where));
    });
}

SOFT_EXPORT CUresult cuMemRangeGetAttribute(void* data, std::size_t size,
                                            abi::CUmem_range_attribute attribute, abi::CUdeviceptr dptr,
                                            std::size_t count) {
    return cuMemRangeGetAttributes(&data, &size, &attribute, 1, dptr, count);
}

SOFT_EXPORT CUresult cuMemRangeGetAttributes(void** data, std::size_t* sizes,
                                             abi::CUmem_range_attribute* attributes, std::size_t number,
                                             abi::CUdeviceptr dptr, std::size_t count) {
    return enter_context([&](Device& device, Context&) {
        if (data == nullptr || sizes == nullptr || attributes == nullptr || number == 0)
            return abi::CUDA_ERROR_INVALID_VALUE;
        if (count == 0 || !is_managed(device, dptr, count)) return abi::CUDA_ERROR_INVALID_VALUE;
        const Advice advice = common_advice(device, dptr, dptr + count);
        for (std::size_t index = 0; index < number; ++index) {
            const CUresult result = put_attribute(advice, data[index], sizes[index], attributes[index]);
            if (result != abi::CUDA_SUCCESS) return result;
        }
        return abi::CUDA_SUCCESS;
    });
}
