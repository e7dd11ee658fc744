// Fuzzes what finds PTX in images, from both ends. Host: the checks of bytes off the wire, and, for images
// that pass them, the reading of entries and their decompression, with the wrapper that the host makes for
// several fatbins. Guest: the search for an image's end behind a bare pointer, which asks before it reads.
// Images end where memory ends that may be read, so that a byte too far is found.
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "cudart/fatbin_image.h"
#include "soft/module/image.h"
#include "target.h"

namespace {

using cudart::ImageKind;

[[noreturn]] void give_up(const char* why) {
    std::fprintf(stderr, "%s\n", why);
    std::abort();
}

// As the host hands several fatbins to the driver.
struct Wrapper {
    std::uint32_t magic = cudart::kWrapperMagic;
    std::uint32_t version = 2;
    const void* data = nullptr;
    const void* prelinked = nullptr;
};

void read_as_host(std::span<const std::byte> given) {
    const auto copy = std::make_unique<std::byte[]>(given.size());
    std::memcpy(copy.get(), given.data(), given.size());
    const std::span<const std::byte> image(copy.get(), given.size());
    const ImageKind kind = cudart::check_image(image);
    if (kind == ImageKind::none) return;
    if (kind != ImageKind::fatbin) {
        soft::driver::read_units(copy.get());
        return;
    }
    std::vector<const void*> fatbins;
    for (std::span<const std::byte> rest = image; !rest.empty();) {
        const auto fatbin = cudart::first_fatbin(rest);
        if (fatbin.empty()) give_up("a checked image has no fatbin");
        fatbins.push_back(fatbin.data());
        rest = rest.subspan(std::min(rest.size(), (fatbin.size() + 7) / 8 * 8));
    }
    fatbins.push_back(nullptr);
    const Wrapper wrapper{.data = fatbins[0], .prelinked = fatbins.size() > 2 ? &fatbins[1] : nullptr};
    const soft::driver::CodeUnits units = soft::driver::read_units(&wrapper);
    if (units.error == abi::CUDA_SUCCESS && units.texts.empty()) give_up("success without a text");
    if (units.error == abi::CUDA_SUCCESS) {
        const auto linked = soft::driver::linked_image(units.texts);
        if (soft::driver::read_units(linked.data()).texts != units.texts) give_up("linked texts are lost");
    }
}

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWindow = std::size_t{1} << 21;  // no input is larger
std::byte* window = nullptr;
const std::byte* readable_from = nullptr;  // up to the window's end, whole pages

bool is_readable(const void* address, std::size_t size) {
    const auto* at = static_cast<const std::byte*>(address);
    const std::byte* const end = window + kWindow;
    return at >= readable_from && at <= end && size <= static_cast<std::size_t>(end - at);
}

void read_as_guest(std::span<const std::byte> given) {
    if (given.size() > kWindow) return;
    std::byte* const image = window + kWindow - given.size();
    std::memcpy(image, given.data(), given.size());
    readable_from = window + (kWindow - given.size()) / kPage * kPage;
    cudart::ImageView view;
    if (!cudart::find_image(image, is_readable, view)) return;
    std::vector<std::byte> copy(view.size);
    cudart::copy_image(view, copy.data());
    // What a fatbin holds is looked at by the host alone, and less than a magic number is no image to it.
    const ImageKind kind = cudart::check_image(copy);
    if (kind != view.kind && view.kind != ImageKind::fatbin && view.size >= 4) give_up("the ends disagree");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    void* mapped = mmap(nullptr, kWindow + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) give_up("no memory");
    window = static_cast<std::byte*>(mapped);
    return mprotect(window + kWindow, kPage, PROT_NONE);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    read_as_host(bytes);
    read_as_guest(bytes);
    return 0;
}
