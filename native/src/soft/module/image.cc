// The choice of what to load. Of one fatbin: the PTX for the newest architecture that is not newer than the
// device. Of a version 2 wrapper (-rdc): its own PTX if it has any, else that of every prelinked fatbin that
// has some; the device runtime's PTX is too new and is left out.
#include "soft/module/image.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

#include "cudart/fatbin_image.h"
#include "soft/memory/bytes_unsafe.h"
#include "soft/module/decompress.h"

namespace soft::driver {
namespace {

constexpr std::size_t kMaxText = std::size_t{256} << 20;  // bytes of PTX after decompression, per entry
// Ours: one of several texts that belong together.
constexpr std::uint64_t kEntryLinked = std::uint64_t{1} << 48;
constexpr unsigned kNewestPtx = 90;  // 10 * major + minor of .version

CodeUnits refuse(abi::CUresult error, std::string log) {
    CodeUnits refused;
    refused.error = error;
    refused.log = std::move(log);
    return refused;
}

std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

std::optional<std::string> text_of(const cudart::FatbinEntry& entry) {
    const bool zstd = (entry.flags & cudart::kEntryZstd) != 0;
    const bool lz4 = (entry.flags & cudart::kEntryLz4) != 0;
    if (!zstd && !lz4) {
        return std::string(until_nul({as_pointer<const char*>(entry.payload.data()), entry.payload.size()}));
    }
    const auto size = static_cast<std::size_t>(entry.uncompressed_size);
    const bool can_hold = zstd ? can_hold_zstd(entry.payload, size) : can_hold_lz4(entry.payload, size);
    if (size > kMaxText || !can_hold) return std::nullopt;
    std::string text(size, '\0');
    const auto target = std::as_writable_bytes(std::span(text));
    if (zstd ? !decompress_zstd(entry.payload, target) : !decompress_lz4(entry.payload, target))
        return std::nullopt;
    text.resize(until_nul(text).size());
    return text;
}

struct Best {
    std::optional<cudart::FatbinEntry> ptx;
    bool anything = false;
    bool ok = true;
};

Best best_of(const void* header) {
    Best best;
    const auto* start = static_cast<const std::byte*>(header);
    const auto size = cudart::kFatbinHeaderSize + load_as<std::uint64_t>(start + 8);
    cudart::FatbinEntries entries({start, static_cast<std::size_t>(size)});
    for (cudart::FatbinEntry entry; entries.next(entry);) {
        best.anything = true;
        if (entry.kind != cudart::kEntryPtx || entry.arch > kDeviceArch) continue;
        if (!best.ptx || entry.arch > best.ptx->arch) best.ptx = entry;
    }
    best.ok = entries.ok();
    return best;
}

// The texts of a fatbin that linked_image() made; empty for any other.
std::vector<std::string> linked_texts(const void* header) {
    const auto* start = static_cast<const std::byte*>(header);
    const auto size = cudart::kFatbinHeaderSize + load_as<std::uint64_t>(start + 8);
    cudart::FatbinEntries entries({start, static_cast<std::size_t>(size)});
    std::vector<std::string> texts;
    for (cudart::FatbinEntry entry; entries.next(entry);) {
        if ((entry.flags & kEntryLinked) == 0) return {};
        if (auto text = text_of(entry)) texts.push_back(std::move(*text));
    }
    return texts;
}

// Adds the text of one fatbin. False, with `units.error` set, when the fatbin is damaged.
bool add_fatbin(const void* header, CodeUnits& units) {
    const Best best = best_of(header);
    if (!best.ok) {
        units = refuse(abi::CUDA_ERROR_INVALID_IMAGE, "the fatbin's entries are inconsistent");
        return false;
    }
    if (!best.ptx) return true;
    for (std::string& text : linked_texts(header)) units.texts.push_back(std::move(text));
    if (!units.texts.empty() && (best.ptx->flags & kEntryLinked) != 0) return true;
    auto text = text_of(*best.ptx);
    if (!text) {
        units = refuse(abi::CUDA_ERROR_INVALID_IMAGE, "a fatbin entry does not decompress");
        return false;
    }
    units.texts.push_back(std::move(*text));
    return true;
}

CodeUnits from_fatbins(const cudart::ImageView& view) {
    CodeUnits units;
    if (!add_fatbin(view.start, units) || !units.texts.empty()) return units;
    for (std::size_t index = 0; view.prelinked != nullptr && view.prelinked[index] != nullptr; ++index) {
        if (!add_fatbin(view.prelinked[index], units)) return units;
    }
    if (!units.texts.empty()) return units;
    return refuse(abi::CUDA_ERROR_NO_BINARY_FOR_GPU,
                  "the image has no PTX for compute capability 8.0 or less (machine code cannot run here)");
}

// The number behind `directive` ("`.target sm_`" gives 80); 0 when the text has no such directive.
unsigned number_after(std::string_view text, std::string_view directive) {
    const std::size_t found = text.find(directive);
    if (found == std::string_view::npos) return 0;
    unsigned number = 0;
    const char* first = text.data() + found + directive.size();
    std::from_chars(first, text.data() + text.size(), number);
    return number;
}

// 10 * major + minor of `.version`; 0 when there is none.
unsigned version_of(std::string_view text) {
    const std::size_t found = text.find(".version");
    if (found == std::string_view::npos) return 0;
    const std::size_t start = text.find_first_of("0123456789", found);
    if (start == std::string_view::npos) return 0;
    unsigned major = 0;
    unsigned minor = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + start, end, major);
    if (read.ptr != end && *read.ptr == '.') std::from_chars(read.ptr + 1, end, minor);
    return major * 10 + minor;
}

CodeUnits from_text(std::string_view text) {
    const unsigned version = version_of(text);
    if (version == 0)
        return refuse(abi::CUDA_ERROR_INVALID_IMAGE, "the image is neither a fatbin, an ELF file nor PTX");
    if (version > kNewestPtx) {
        return refuse(abi::CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "the PTX is of a version newer than 9.0");
    }
    if (number_after(text, ".target sm_") > kDeviceArch) {
        return refuse(abi::CUDA_ERROR_INVALID_PTX, "the PTX's .target is newer than the device (sm_80)");
    }
    CodeUnits units;
    units.texts.emplace_back(text);
    return units;
}

template <class T>
void put(std::vector<std::byte>& image, std::size_t at, T value) {
    copy_exact(image.data() + at, &value, sizeof value);
}

}  // namespace

std::vector<std::byte> linked_image(const std::vector<std::string>& texts) {
    constexpr std::size_t kEntryHeader = 64;
    std::vector<std::byte> image(cudart::kFatbinHeaderSize);
    for (const std::string& text : texts) {
        const std::size_t entry = image.size();
        const std::size_t payload = (text.size() + 1 + 7) / 8 * 8;
        image.resize(entry + kEntryHeader + payload);
        put(image, entry, cudart::kEntryPtx);
        put(image, entry + 2, std::uint16_t{0x101});
        put(image, entry + 4, static_cast<std::uint32_t>(kEntryHeader));
        put(image, entry + 8, std::uint64_t{payload});
        // The texts have been accepted, perhaps because their fatbin names an older target than they do.
        put(image, entry + 28, std::uint32_t{std::min(number_after(text, ".target sm_"), kDeviceArch)});
        put(image, entry + 40, kEntryLinked);
        copy_exact(image.data() + entry + kEntryHeader, text.data(), text.size());
    }
    put(image, 0, cudart::kFatbinMagic);
    put(image, 4, std::uint16_t{1});
    put(image, 6, static_cast<std::uint16_t>(cudart::kFatbinHeaderSize));
    put(image, 8, std::uint64_t{image.size() - cudart::kFatbinHeaderSize});
    return image;
}

CodeUnits read_units(const void* image) {
    cudart::ImageView view;
    if (!cudart::find_image(image, nullptr, view)) {
        return refuse(abi::CUDA_ERROR_INVALID_IMAGE, "the image is neither a fatbin, an ELF file nor PTX");
    }
    switch (view.kind) {
        case cudart::ImageKind::fatbin:
            return from_fatbins(view);
        case cudart::ImageKind::elf:
            return refuse(abi::CUDA_ERROR_NO_BINARY_FOR_GPU,
                          "the image is machine code (a cubin) without PTX");
        case cudart::ImageKind::ptx:
            return from_text({static_cast<const char*>(view.start), view.size - 1});
        case cudart::ImageKind::none:
            break;
    }
    return refuse(abi::CUDA_ERROR_INVALID_IMAGE, "the image is of no known kind");
}

}  // namespace soft::driver
