// Resolving, cutting and sending boxes. See box.h.
#include "box.h"

#include <string.h>

#include <algorithm>
#include <memory>

#include "graph_backend.h"
#include "cudart/texels.h"
#include "reference.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

constexpr std::uint64_t kPiece = wire::limits::kCopySliceBytes;

// Of cuMemcpy3DAsync_v2's record.
enum Kind : std::uint32_t { on_device = 0, packed_in = 1, lands_packed = 2, from_arena = 3, to_arena = 4 };

// A side with its offsets applied where it is memory.
struct Place {
    bool in_guest = false;
    std::uint64_t address = 0;
    std::uint64_t pitch = 0;   // bytes
    std::uint64_t height = 0;  // rows
    wire::Handle array;
    std::uint64_t x = 0, y = 0, z = 0;
};

// SAFETY: an address of the program's as the pointer it was.
std::byte* pointer_to(std::uint64_t address) {
    return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(address));
}

// from + count <= limit, whatever the numbers.
bool within(std::uint64_t from, std::uint64_t count, std::uint64_t limit) {
    return from <= limit && count <= limit - from;
}

std::uint64_t at_least_one(std::uint64_t count) { return std::max<std::uint64_t>(count, 1); }

abi::CUresult resolve_array(Session& session, const BoxSide& side, const BoxExtent& extent, Place& place) {
    place.array = wire::to_handle(side.array);
    const abi::CUresult good = check(session, wire::HandleKind::array, place.array);
    if (good != abi::CUDA_SUCCESS) return good;
    const auto* object = static_cast<const Array*>(
        static_cast<Object*>(session.handles.find(wire::HandleKind::array, place.array)));
    if (object == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    const auto& shape = object->description;
    const std::uint64_t texel = cudart::bytes_per_channel(shape.Format) * shape.NumChannels;
    const bool fits = texel == 0 || (within(side.x, extent.width, shape.Width * texel) &&
                                     within(side.y, extent.rows, at_least_one(shape.Height)) &&
                                     within(side.z, extent.slices, at_least_one(shape.Depth)));
    if (!fits) return abi::CUDA_ERROR_INVALID_VALUE;
    place.x = side.x;
    place.y = side.y;
    place.z = side.z;
    return abi::CUDA_SUCCESS;
}

// Bytes from the first to the last; false when that wraps.
bool span_of(const Place& place, const BoxExtent& extent, std::uint64_t& span) {
    std::uint64_t slice = 0;
    std::uint64_t rows = 0;
    return !__builtin_mul_overflow(place.pitch, place.height, &slice) &&
           !__builtin_mul_overflow(extent.slices - 1, slice, &span) &&
           !__builtin_mul_overflow(extent.rows - 1, place.pitch, &rows) &&
           !__builtin_add_overflow(span, rows, &span) && !__builtin_add_overflow(span, extent.width, &span);
}

bool apply_offsets(const BoxSide& side, Place& place) {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    return !__builtin_mul_overflow(side.z, place.height, &rows) &&
           !__builtin_add_overflow(rows, side.y, &rows) &&
           !__builtin_mul_overflow(rows, place.pitch, &bytes) &&
           !__builtin_add_overflow(bytes, side.x, &bytes) &&
           !__builtin_add_overflow(place.address, bytes, &place.address);
}

abi::CUresult resolve_memory(Session& session, const BoxSide& side, const BoxExtent& extent, Place& place) {
    const bool is_host = side.type == abi::CU_MEMORYTYPE_HOST;
    place.address = is_host ? address_of(side.host) : side.device;
    place.in_guest = is_host || (side.type == abi::CU_MEMORYTYPE_UNIFIED &&
                                 !is_device_address(session, side.device));
    std::uint64_t row = 0;
    std::uint64_t height = 0;
    if (place.address == 0 || __builtin_add_overflow(side.x, extent.width, &row) ||
        __builtin_add_overflow(side.y, extent.rows, &height)) {
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    place.pitch = side.pitch == 0 ? row : side.pitch;
    place.height = side.height == 0 ? height : side.height;
    const bool overlaps = (place.pitch < row && (extent.rows > 1 || extent.slices > 1)) ||
                          (place.height < height && extent.slices > 1);
    std::uint64_t span = 0;
    if (overlaps || !apply_offsets(side, place) || !span_of(place, extent, span))
        return abi::CUDA_ERROR_INVALID_VALUE;
    if (!place.in_guest) return check_device_range(session, place.address, span);
    return place.address + span < place.address ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

abi::CUresult resolve(Session& session, const BoxSide& side, const BoxExtent& extent, Place& place) {
    return side.type == abi::CU_MEMORYTYPE_ARRAY ? resolve_array(session, side, extent, place)
                                                 : resolve_memory(session, side, extent, place);
}

struct Box {
    Place target;
    Place source;
    BoxExtent extent;
    wire::Handle stream;
    Form form;
};

// The place `x` bytes, `y` rows and `z` slices further on.
Place moved(Place place, std::uint64_t x, std::uint64_t y, std::uint64_t z) {
    if (place.array.value == 0) {
        place.address += (z * place.height + y) * place.pitch + x;
    } else {
        place.x += x;
        place.y += y;
        place.z += z;
    }
    return place;
}

// Cuts a box into pieces that fit a record: whole slices, else whole rows, else parts of a row.
class Pieces {
public:
    explicit Pieces(const Box& box) : whole_(box) {}

    bool next(Box& piece) {
        const BoxExtent& all = whole_.extent;
        if (z_ == all.slices) return false;
        BoxExtent extent{all.width, 1, 1};
        if (all.width > kPiece) {
            extent.width = std::min(kPiece, all.width - x_);
        } else if (all.width * all.rows > kPiece || all.rows > kPiece) {
            extent.rows = std::min(kPiece / all.width, all.rows - y_);
        } else {
            extent.rows = all.rows;
            extent.slices = std::min(kPiece / (all.width * all.rows), all.slices - z_);
        }
        piece = whole_;
        piece.extent = extent;
        piece.target = moved(whole_.target, x_, y_, z_);
        piece.source = moved(whole_.source, x_, y_, z_);
        step(extent);
        return true;
    }

private:
    void step(const BoxExtent& extent) {
        x_ += extent.width;
        if (x_ < whole_.extent.width) return;
        x_ = 0;
        y_ += extent.rows;
        if (y_ < whole_.extent.rows) return;
        y_ = 0;
        z_ += extent.slices;
    }

    const Box& whole_;
    std::uint64_t x_ = 0, y_ = 0, z_ = 0;
};

std::size_t size_of(const BoxExtent& extent) { return extent.width * extent.rows * extent.slices; }

wire::cuMemcpy3DAsync_v2_Request record_of(const Box& box, Kind kind) {
    const bool names_host = kind == from_arena || kind == to_arena;
    const auto address = [&](const Place& place) {
        return place.in_guest && !names_host ? 0 : place.address;
    };
    return {.kind = kind,
            .dst_array = box.target.array,
            .dst = address(box.target),
            .dst_pitch = box.target.pitch,
            .dst_height = box.target.height,
            .dst_x = box.target.x,
            .dst_y = box.target.y,
            .dst_z = box.target.z,
            .src_array = box.source.array,
            .src = address(box.source),
            .src_pitch = box.source.pitch,
            .src_height = box.source.height,
            .src_x = box.source.x,
            .src_y = box.source.y,
            .src_z = box.source.z,
            .width = box.extent.width,
            .height = box.extent.rows,
            .depth = box.extent.slices,
            .stream = box.stream,
            .data = {}};
}

// Host rows one after the other; `visit` gets each one's memory.
template <class Visit>
void for_each_row(const Place& place, const BoxExtent& extent, Visit&& visit) {
    for (std::uint64_t z = 0; z < extent.slices; ++z) {
        for (std::uint64_t y = 0; y < extent.rows; ++y) visit(pointer_to(moved(place, 0, y, z).address));
    }
}

abi::CUresult send_packed(Session& session, const Box& box) {
    const std::unique_ptr<std::byte[]> packed(new std::byte[std::min(kPiece, size_of(box.extent))]);
    Pieces pieces(box);
    for (Box piece; pieces.next(piece);) {
        std::byte* at = packed.get();
        for_each_row(piece.source, piece.extent, [&](const std::byte* row) {
            memcpy(at, row, piece.extent.width);
            at += piece.extent.width;
        });
        auto record = record_of(piece, packed_in);
        record.data = {packed.get(), size_of(piece.extent)};
        const abi::CUresult result = send(session, record);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult land_packed(Session& session, const Box& box) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    const std::unique_ptr<std::byte[]> packed(new std::byte[std::min(kPiece, size_of(box.extent))]);
    Pieces pieces(box);
    for (Box piece; pieces.next(piece);) {
        Slot* slot = session.replies.take_slot();
        if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        slot->landing = packed.get();
        slot->landing_size = size_of(piece.extent);
        const abi::CUresult result =
            detail::exchange_with(session, *thread_state(), context, record_of(piece, lands_packed), slot);
        if (result != abi::CUDA_SUCCESS) return result;
        const std::byte* at = packed.get();
        for_each_row(piece.target, piece.extent, [&](std::byte* row) {
            memcpy(row, at, piece.extent.width);
            at += piece.extent.width;
        });
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult copy_in_guest(Session& session, const Box& box) {
    const abi::CUresult result = call(session, wire::cuStreamSynchronize_Request{.hStream = box.stream});
    for (std::uint64_t z = 0; result == abi::CUDA_SUCCESS && z < box.extent.slices; ++z) {
        for (std::uint64_t y = 0; y < box.extent.rows; ++y) {
            memmove(pointer_to(moved(box.target, 0, y, z).address),
                    pointer_to(moved(box.source, 0, y, z).address), box.extent.width);
        }
    }
    return result;
}

}  // namespace

bool array_extent(Session& session, abi::CUarray array, std::uint64_t& row, std::uint64_t& slice) {
    const wire::Handle handle = wire::to_handle(array);
    const auto* object = static_cast<const Array*>(
        static_cast<Object*>(session.handles.find(wire::HandleKind::array, handle)));
    if (object == nullptr) return false;
    row = object->description.Width * cudart::bytes_per_channel(object->description.Format) *
          object->description.NumChannels;
    slice = row * at_least_one(object->description.Height);
    return row != 0;
}

abi::CUresult copy_box(Session& session, const BoxSide& target, const BoxSide& source,
                       const BoxExtent& extent, abi::CUstream stream, Form form) {
    if (const auto refused = refuse_capture(session, stream)) return *refused;
    Box box{{}, {}, extent, wire::to_handle(stream), form};
    const abi::CUresult good = check(session, wire::HandleKind::stream, box.stream);
    if (good != abi::CUDA_SUCCESS) return good;
    for (const abi::CUmemorytype type : {target.type, source.type}) {
        if (type < abi::CU_MEMORYTYPE_HOST || type > abi::CU_MEMORYTYPE_UNIFIED)
            return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if (extent.width == 0 || extent.rows == 0 || extent.slices == 0) return abi::CUDA_SUCCESS;
    const abi::CUresult from = resolve(session, source, extent, box.source);
    if (from != abi::CUDA_SUCCESS) return from;
    const abi::CUresult to = resolve(session, target, extent, box.target);
    if (to != abi::CUDA_SUCCESS) return to;
    if (!box.source.in_guest && !box.target.in_guest) return send(session, record_of(box, on_device));
    if (box.source.in_guest && box.target.in_guest) return copy_in_guest(session, box);
    const Place& host = box.target.in_guest ? box.target : box.source;
    std::uint64_t span = 0;
    (void)span_of(host, extent, span);  // resolve() has seen that it does not wrap
    bool in_arena = false;
    const abi::CUresult whole = find_in_arena(session, pointer_to(host.address), span, in_arena);
    if (whole != abi::CUDA_SUCCESS) return whole;
    const bool names = in_arena && form != Form::takes;
    if (names && box.target.in_guest) return send_reference(session, record_of(box, to_arena), true, form);
    if (names) return send_reference(session, record_of(box, from_arena), false, form);
    if (box.target.in_guest) return land_packed(session, box);
    const abi::CUresult settled = settle_source(session, pointer_to(host.address), span, box.stream);
    return settled != abi::CUDA_SUCCESS ? settled : send_packed(session, box);
}

}  // namespace guest
