// See modules.h.
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "cudart/fatbin_image.h"
#include "jit_options.h"
#include "kernel_metadata.h"
#include "regions.h"
#include "stub_runtime.h"

namespace guest {
namespace {

// Whether the program's memory can be read: an image's header may promise more than there is.
bool is_mapped(const void* address, std::size_t size) {
    constexpr std::size_t kPagesPerLook = 4096;
    // SAFETY: addresses as numbers; mincore reads nothing of what they point at.
    const auto start = reinterpret_cast<std::uintptr_t>(address) / kPage * kPage;
    const auto end = reinterpret_cast<std::uintptr_t>(address) + size;
    if (end < start) return false;
    unsigned char resident[kPagesPerLook];
    for (std::uintptr_t at = start; at < end; at += kPagesPerLook * kPage) {
        const std::size_t length = std::min<std::size_t>(end - at, kPagesPerLook * kPage);
        // SAFETY: as above.
        if (mincore(reinterpret_cast<void*>(at), length, resident) != 0) return false;
    }
    return true;
}

std::uint64_t fatbin_entries_size(const void* header) {
    std::uint64_t size = 0;
    memcpy(&size, static_cast<const std::byte*>(header) + 8, sizeof size);
    return size;
}

// The image as one piece of memory: in place when it is one already, else a copy.
class WholeImage {
public:
    bool take(const cudart::ImageView& view) {
        // A fatbin whose size is no multiple of 8 is copied, for its padding must not be the program's
        // memory.
        const bool padded =
            view.kind == cudart::ImageKind::fatbin && fatbin_entries_size(view.start) % 8 != 0;
        if (view.prelinked == nullptr && !padded) {
            bytes_ = {static_cast<const std::byte*>(view.start), view.size};
            return true;
        }
        copy_.reset(new (std::nothrow) std::byte[view.size]);
        if (copy_ == nullptr) return false;
        cudart::copy_image(view, copy_.get());
        bytes_ = {copy_.get(), view.size};
        return true;
    }
    std::span<const std::byte> bytes() const { return bytes_; }

private:
    std::unique_ptr<std::byte[]> copy_;
    std::span<const std::byte> bytes_;
};

// What the reply of either load says.
struct Loaded {
    std::span<const std::byte> log;
    std::span<const std::byte> kernels;
};

template <class Reply>
bool decode_loaded(ThreadState& thread, Loaded& loaded) {
    Reply reply;
    wire::Cursor cursor(thread.reply.bytes());
    if (!decode(cursor, reply)) return false;
    loaded = {reply.log, reply.kernels};
    return true;
}

// Of a load that went well; another one of the same image has the same answer.
void remember(Session& session, std::span<const std::byte> image, bool as_library, std::int32_t device,
              std::span<const std::byte> options, const Loaded& loaded) {
    const auto copy = [](std::span<const std::byte> bytes) {
        return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    session.own_images.add({.image = {},
                            .library = as_library,
                            .device = device,
                            .options = copy(options),
                            .log = copy(loaded.log),
                            .kernels = copy(loaded.kernels)},
                           image);
}

abi::CUresult request_load(Session& session, const Image& image, std::span<const std::byte> bytes,
                           std::span<const std::byte> options, bool as_library, Loaded& loaded) {
    ThreadState& thread = *thread_state();
    abi::CUresult result = abi::CUDA_SUCCESS;
    bool decoded = false;
    if (as_library) {
        result =
            call_in(session, thread.current(),
                    wire::cuLibraryLoadData_Request{
                        .library = image.handle, .module = image.module, .image = bytes, .options = options});
        decoded = decode_loaded<wire::cuLibraryLoadData_Reply>(thread, loaded);
    } else {
        result = call(session, wire::cuModuleLoadDataEx_Request{
                                   .module = image.handle, .image = bytes, .options = options});
        decoded = decode_loaded<wire::cuModuleLoadDataEx_Reply>(thread, loaded);
    }
    if (result != abi::CUDA_SUCCESS || decoded) return result;
    session.end(abi::CUDA_ERROR_UNKNOWN, "the host sent a malformed answer to a load");
    return session.lost();
}

// The same without a round trip, for an image whose verdict the host has told beforehand. `field`: its bytes,
// or a reference where the host has them.
abi::CUresult announce_load(Session& session, const Image& image, const KnownImage& known,
                            std::span<const std::byte> field, bool as_library, Loaded& loaded) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    ThreadState& thread = *thread_state();
    loaded = {known.log, known.kernels};
    if (as_library) {
        return detail::post(session, thread, thread.current(),
                            wire::cuLibraryLoadData_Request{.library = image.handle,
                                                            .module = image.module,
                                                            .image = field,
                                                            .options = known.options});
    }
    return detail::post(
        session, thread, image.context,
        wire::cuModuleLoadDataEx_Request{
            .module = image.handle, .image = field, .options = known.options});
}

// The device whose attributes a load's kernels have: the current context's, or the first.
std::int32_t device_of_load() {
    const Context* context = thread_state()->current();
    return context == nullptr ? 0 : context->host_device;
}

// CUDA_ERROR_NOT_FOUND: nobody has told how it goes.
abi::CUresult load_known(Session& session, const Image& image, std::span<const std::byte> bytes,
                         std::span<const std::byte> options, bool as_library, Loaded& loaded) {
    const std::int32_t device = device_of_load();
    const KnownImage* offered = session.snapshot.images.find(bytes, as_library, device, options);
    if (offered != nullptr) {
        const wire::PackedReference reference = wire::pack_reference(offered->image);
        return announce_load(session, image, *offered, reference, as_library, loaded);
    }
    const KnownImage* own = session.own_images.find(bytes, as_library, device, options);
    if (own == nullptr) return abi::CUDA_ERROR_NOT_FOUND;
    return announce_load(session, image, *own, bytes, as_library, loaded);
}

// An image with its names; null when there is no room for one more.
Image* make_image(Session& session, Context* context, bool as_library) {
    auto image = std::make_unique<Image>();
    image->context = context;
    image->epoch = context == nullptr ? 0 : context->epoch.load(std::memory_order_relaxed);
    const auto kind = as_library ? wire::HandleKind::library : wire::HandleKind::module;
    image->handle = session.handles.create(kind, static_cast<Object*>(image.get()));
    if (image->handle.value == 0) return nullptr;
    if (!as_library) return image.release();
    auto module = std::make_unique<Image>();
    module->library = image.get();
    module->handle = session.handles.create(wire::HandleKind::module, static_cast<Object*>(module.get()));
    image->module = module->handle;
    if (module->handle.value != 0) {
        module.release();
        return image.release();
    }
    session.handles.remove(kind, image->handle);
    return nullptr;
}

}  // namespace

abi::CUresult load_image(Session& session, const void* pointer, const JitOptions& options, bool as_library,
                         Image*& made) {
    Context* context = nullptr;
    const abi::CUresult usable = as_library ? abi::CUDA_SUCCESS : need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    cudart::ImageView view;
    if (!cudart::find_image(pointer, is_mapped, view) || view.size > wire::limits::kImageBytes) {
        return abi::CUDA_ERROR_INVALID_IMAGE;
    }
    WholeImage whole;
    if (!whole.take(view)) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    std::byte packed[wire::limits::kImageOptionBytes];
    std::size_t packed_size = 0;
    if (!pack_options(options, packed, packed_size)) return abi::CUDA_ERROR_INVALID_VALUE;
    Image* image = make_image(session, context, as_library);
    if (image == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    Loaded loaded;
    const std::span<const std::byte> chosen(packed, packed_size);
    abi::CUresult result = load_known(session, *image, whole.bytes(), chosen, as_library, loaded);
    if (result == abi::CUDA_ERROR_NOT_FOUND) {
        result = with_all_memory(session, [&] {
            return request_load(session, *image, whole.bytes(), chosen, as_library, loaded);
        });
        if (result == abi::CUDA_SUCCESS)
            remember(session, whole.bytes(), as_library, device_of_load(), chosen, loaded);
    }
    return_logs(options, result == abi::CUDA_SUCCESS, loaded.log);
    if (result == abi::CUDA_SUCCESS && !read_kernels(loaded.kernels, *image)) {
        session.end(abi::CUDA_ERROR_UNKNOWN, "the host sent malformed kernel metadata");
        result = session.lost();
    }
    if (result == abi::CUDA_SUCCESS) {
        made = image;
    } else {
        forget_image(session, as_library ? wire::HandleKind::library : wire::HandleKind::module, *image);
    }
    return result;
}

abi::CUresult load_file(Session& session, const char* path, const JitOptions& options, bool as_library,
                        Image*& made) {
    if (path == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return abi::CUDA_ERROR_FILE_NOT_FOUND;
    struct stat facts{};
    const bool sized = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 &&
                       static_cast<std::uint64_t>(facts.st_size) <= wire::limits::kImageBytes;
    const std::size_t size = sized ? static_cast<std::size_t>(facts.st_size) : 0;
    // One byte more, so that PTX ends in the NUL it needs; the padding keeps header reads inside.
    const std::unique_ptr<char[]> bytes(sized ? new (std::nothrow) char[size + 64]() : nullptr);
    std::size_t at = 0;
    while (bytes != nullptr && at < size) {
        const ssize_t count = read(file, bytes.get() + at, size - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        at += static_cast<std::size_t>(count);
    }
    close(file);
    if (!sized || at != size) return sized ? abi::CUDA_ERROR_FILE_NOT_FOUND : abi::CUDA_ERROR_INVALID_IMAGE;
    return load_image(session, bytes.get(), options, as_library, made);
}

Image* find_image(Session& session, wire::HandleKind kind, wire::Handle handle) {
    auto* object = static_cast<Object*>(session.handles.find(kind, handle));
    return object != nullptr && object->current() ? static_cast<Image*>(object) : nullptr;
}

Function* find_function(Session& session, wire::Handle handle) {
    const auto kind =
        handle.kind() == wire::HandleKind::kernel ? wire::HandleKind::kernel : wire::HandleKind::function;
    auto* object = static_cast<Object*>(session.handles.find(kind, handle));
    return object != nullptr && object->current() ? static_cast<Function*>(object) : nullptr;
}

void forget_image(Session& session, wire::HandleKind kind, Image& image) {
    for (const KernelFacts* facts : image.kernels) {
        const wire::Handle handle{facts->handle.load(std::memory_order_acquire)};
        if (handle.value != 0) forget_handle(session, handle);
    }
    if (Image* module = find_image(session, wire::HandleKind::module, image.module)) {
        forget_image(session, wire::HandleKind::module, *module);
    }
    if (session.handles.remove(kind, image.handle) != nullptr) delete &image;
}

}  // namespace guest
