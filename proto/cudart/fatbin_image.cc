// Sizing and walking of code images; see fatbin_image.h. Every number read from an image is compared before
// it is used.
#include "cudart/fatbin_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace cudart {
namespace {

constexpr std::size_t kPage = 4096;

template <typename T>
T read(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

constexpr std::size_t pad8(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

bool can_read(ReadableProbe readable, const void* address, std::size_t size) {
    return readable == nullptr || readable(address, size);
}

// Whether something begins as PTX does: with ASCII. Drivers take other first bytes for other kinds of image,
// some of which hold pointers.
bool begins_text(std::byte first) {
    const auto letter = std::to_integer<unsigned>(first);
    return (letter >= ' ' && letter < 127) || (letter >= '\t' && letter <= '\r');
}

// The text's length with its NUL; 0 when no NUL comes. Looks at no page before the probe has.
std::size_t text_size(const char* text, ReadableProbe readable) {
    std::size_t size = 0;
    while (size < kMaxImageSize) {
        // SAFETY: the address is used as a number to stay within one page a step.
        const std::size_t step = kPage - reinterpret_cast<std::uintptr_t>(text + size) % kPage;
        if (!can_read(readable, text + size, step)) return 0;
        if (const void* end = std::memchr(text + size, 0, step)) {
            return static_cast<std::size_t>(static_cast<const char*>(end) - text) + 1;
        }
        size += step;
    }
    return 0;
}

// The fatbin behind a bare pointer, header included; 0 when it is none.
std::size_t fatbin_size(const void* header, ReadableProbe readable) {
    if (header == nullptr || !can_read(readable, header, kFatbinHeaderSize)) return 0;
    const auto* bytes = static_cast<const std::byte*>(header);
    if (read<std::uint32_t>(bytes) != kFatbinMagic || read<std::uint16_t>(bytes + 6) != kFatbinHeaderSize)
        return 0;
    const auto entries = read<std::uint64_t>(bytes + 8);
    if (entries > kMaxImageSize - kFatbinHeaderSize) return 0;
    const std::size_t size = kFatbinHeaderSize + static_cast<std::size_t>(entries);
    return can_read(readable, header, size) ? size : 0;
}

bool find_wrapped(const std::byte* wrapper, ReadableProbe readable, ImageView& view) {
    if (!can_read(readable, wrapper, 24)) return false;
    const auto version = read<std::uint32_t>(wrapper + 4);
    if (version != 1 && version != 2) return false;
    view.kind = ImageKind::fatbin;
    view.start = read<const void*>(wrapper + 8);
    view.prelinked = version == 2 ? read<const void* const*>(wrapper + 16) : nullptr;
    const std::size_t first = fatbin_size(view.start, readable);
    if (first == 0) return false;
    view.size = pad8(first);
    for (std::size_t index = 0; view.prelinked != nullptr; ++index) {
        if (index == kMaxPrelinked || !can_read(readable, view.prelinked + index, sizeof(void*)))
            return false;
        if (view.prelinked[index] == nullptr) break;
        const std::size_t part = fatbin_size(view.prelinked[index], readable);
        if (part == 0 || pad8(part) > kMaxImageSize - view.size) return false;
        view.size += pad8(part);
    }
    return true;
}

// The largest end that the tables of an ELF name; 0 when one of them does not lie inside `bytes`.
std::size_t tables_end(std::span<const std::byte> bytes, const Elf64_Ehdr& header) {
    std::uint64_t end = sizeof header;
    const auto extend = [&](std::uint64_t offset, std::uint64_t size) {
        if (offset > bytes.size() || size > bytes.size() - offset) return false;
        end = std::max(end, offset + size);
        return true;
    };
    const std::uint64_t section_table = std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
    const std::uint64_t segment_table = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    if (section_table != 0 && header.e_shentsize != sizeof(Elf64_Shdr)) return 0;
    if (segment_table != 0 && header.e_phentsize != sizeof(Elf64_Phdr)) return 0;
    if (section_table != 0 && !extend(header.e_shoff, section_table)) return 0;
    if (segment_table != 0 && !extend(header.e_phoff, segment_table)) return 0;
    for (std::size_t index = 0; index < header.e_shnum; ++index) {
        const auto section = read<Elf64_Shdr>(bytes.data() + header.e_shoff + index * sizeof(Elf64_Shdr));
        if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
        if (!extend(section.sh_offset, section.sh_size)) return 0;
    }
    for (std::size_t index = 0; index < header.e_phnum; ++index) {
        const auto segment = read<Elf64_Phdr>(bytes.data() + header.e_phoff + index * sizeof(Elf64_Phdr));
        if (!extend(segment.p_offset, segment.p_filesz)) return 0;
    }
    return static_cast<std::size_t>(end);
}

// The ELF behind a bare pointer: widens the view table by table, each probed before it is read.
std::size_t probed_elf_size(const void* elf, ReadableProbe readable) {
    if (!can_read(readable, elf, sizeof(Elf64_Ehdr))) return 0;
    const auto* start = static_cast<const std::byte*>(elf);
    const auto header = read<Elf64_Ehdr>(start);
    const std::uint64_t tables[2][2] = {{header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)},
                                        {header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)}};
    for (const auto& [offset, size] : tables) {
        if (size == 0) continue;
        if (offset > kMaxImageSize - size || !can_read(readable, start + offset, size)) return 0;
    }
    const std::size_t size = elf_size({start, kMaxImageSize});
    return size != 0 && can_read(readable, elf, size) ? size : 0;
}

bool check_fatbins(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto fatbin = first_fatbin(bytes);
        if (fatbin.empty()) return false;
        FatbinEntries entries(fatbin);
        for (FatbinEntry entry; entries.next(entry);) {
            if (entry.kind == kEntryElf && entry.uncompressed_size == 0 && elf_size(entry.payload) == 0)
                return false;
        }
        if (!entries.ok()) return false;
        bytes = bytes.subspan(std::min(pad8(fatbin.size()), bytes.size()));
    }
    return true;
}

}  // namespace

bool find_image(const void* image, ReadableProbe readable, ImageView& view) {
    view = ImageView{};
    if (image == nullptr || !can_read(readable, image, 4)) return false;
    const auto* start = static_cast<const std::byte*>(image);
    const auto magic = read<std::uint32_t>(start);
    if (magic == kWrapperMagic) return find_wrapped(start, readable, view);
    view.start = image;
    if (magic == kFatbinMagic) {
        view.kind = ImageKind::fatbin;
        view.size = pad8(fatbin_size(image, readable));
    } else if (std::memcmp(start, ELFMAG, SELFMAG) == 0) {
        view.kind = ImageKind::elf;
        view.size = probed_elf_size(image, readable);
    } else if (begins_text(*start)) {
        view.kind = ImageKind::ptx;
        view.size = text_size(static_cast<const char*>(image), readable);
    }
    return view.size != 0;
}

void copy_image(const ImageView& view, std::byte* out) {
    if (view.kind != ImageKind::fatbin) {
        std::memcpy(out, view.start, view.size);
        return;
    }
    const auto append = [&out](const void* header) {
        const std::size_t size = fatbin_size(header, nullptr);
        std::memcpy(out, header, size);
        std::memset(out + size, 0, pad8(size) - size);
        out += pad8(size);
    };
    append(view.start);
    for (std::size_t index = 0; view.prelinked != nullptr && view.prelinked[index] != nullptr; ++index) {
        append(view.prelinked[index]);
    }
}

ImageKind check_image(std::span<const std::byte> bytes) {
    if (bytes.size() < 4) return ImageKind::none;
    if (read<std::uint32_t>(bytes.data()) == kFatbinMagic) {
        return check_fatbins(bytes) ? ImageKind::fatbin : ImageKind::none;
    }
    if (std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0) {
        return elf_size(bytes) != 0 ? ImageKind::elf : ImageKind::none;
    }
    return begins_text(bytes[0]) && bytes.back() == std::byte{0} ? ImageKind::ptx : ImageKind::none;
}

std::span<const std::byte> first_fatbin(std::span<const std::byte> bytes) {
    if (bytes.size() < kFatbinHeaderSize || read<std::uint32_t>(bytes.data()) != kFatbinMagic) return {};
    if (read<std::uint16_t>(bytes.data() + 6) != kFatbinHeaderSize) return {};
    const auto entries = read<std::uint64_t>(bytes.data() + 8);
    if (entries > bytes.size() - kFatbinHeaderSize) return {};
    return bytes.first(kFatbinHeaderSize + static_cast<std::size_t>(entries));
}

FatbinEntries::FatbinEntries(std::span<const std::byte> fatbin)
    : rest_(fatbin.size() < kFatbinHeaderSize ? fatbin : fatbin.subspan(kFatbinHeaderSize)),
      ok_(fatbin.size() >= kFatbinHeaderSize) {}

bool FatbinEntries::next(FatbinEntry& entry) {
    constexpr std::size_t kMinimum = 64;
    if (!ok_ || rest_.empty()) return false;
    ok_ = false;  // until everything has been looked at
    if (rest_.size() < kMinimum) return false;
    const auto header_size = read<std::uint32_t>(rest_.data() + 4);
    const auto payload_size = read<std::uint64_t>(rest_.data() + 8);
    const auto compressed_size = read<std::uint32_t>(rest_.data() + 16);
    if (header_size < kMinimum || header_size > rest_.size()) return false;
    if (payload_size > rest_.size() - header_size || compressed_size > payload_size) return false;
    entry.kind = read<std::uint16_t>(rest_.data());
    entry.arch = read<std::uint32_t>(rest_.data() + 28);
    entry.flags = read<std::uint64_t>(rest_.data() + 40);
    entry.uncompressed_size = read<std::uint64_t>(rest_.data() + 56);
    const bool compressed = (entry.flags & (kEntryLz4 | kEntryZstd)) != 0;
    if (!compressed) entry.uncompressed_size = 0;
    entry.payload =
        rest_.subspan(header_size, compressed ? compressed_size : static_cast<std::size_t>(payload_size));
    rest_ = rest_.subspan(header_size + static_cast<std::size_t>(payload_size));
    ok_ = true;
    return true;
}

std::size_t elf_size(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(Elf64_Ehdr)) return 0;
    const auto header = read<Elf64_Ehdr>(bytes.data());
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return 0;
    return tables_end(bytes, header);
}

}  // namespace cudart
