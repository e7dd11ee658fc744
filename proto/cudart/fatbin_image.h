// How large a code image is, and what is in it. CUDA passes images by bare pointer; this file finds their end
// without believing them. Two users: the shim, which holds a pointer into a program that may lie (a probe
// says whether memory can be read), and the host, which holds bytes off the wire that a driver must not read
// beyond (bounds are known). Allocates nothing, keeps no pointer. Layouts: fatbinary_section.h of the
// toolkit, and bytes of nvcc 13.0.
//
// wrapper  0 u32 0x466243B1     4 u32 version 1|2      8 u64 data
//         16 u64 (version 2) -> null-ended list of prelinked fatbins
// fatbin   0 u32 0xBA55ED50     4 u16 version 1        6 u16 header size 16
//          8 u64 size of the entries behind the header
// entry    0 u16 kind           4 u32 header size      8 u64 payload size     16 u32 compressed size
//         20 u32 options       28 u32 arch            40 u64 flags            56 u64 uncompressed size
//         the next entry stands header size + payload size further
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cudart {

enum class ImageKind { none, fatbin, elf, ptx };

inline constexpr std::uint32_t kWrapperMagic = 0x466243B1;
inline constexpr std::uint32_t kFatbinMagic = 0xBA55ED50;
inline constexpr std::size_t kFatbinHeaderSize = 16;
inline constexpr std::size_t kMaxPrelinked = 4096;                  // fatbins behind one version 2 wrapper
inline constexpr std::size_t kMaxImageSize = std::size_t{1} << 30;  // bytes, all parts together

// Whether [address, address + size) can be read. Null stands for "believe the caller".
using ReadableProbe = bool (*)(const void* address, std::size_t size);

// An image behind a bare pointer. `size` counts what copy_image writes: for a fatbin every part padded to 8.
struct ImageView {
    ImageKind kind = ImageKind::none;
    const void* start = nullptr;             // ELF, PTX, or the first fatbin header
    const void* const* prelinked = nullptr;  // further fatbin headers, null-ended; null when there are none
    std::size_t size = 0;
};

// False when `image` is none of: wrapper, fatbin, ELF, PTX text; or is cut short, unreadable, or over
// kMaxImageSize.
bool find_image(const void* image, ReadableProbe readable, ImageView& view);

// Writes view.size bytes: fatbins one behind the other, each padded with zeros to 8; PTX with its NUL.
void copy_image(const ImageView& view, std::byte* out);

// What `bytes` hold and whether it ends within them, so that a driver that believes the image reads nothing
// else: fatbins one behind the other with consistent entries, one ELF whose tables lie inside, or PTX that
// begins as text and ends in a NUL. A wrapper, which is pointers, is none of them.
ImageKind check_image(std::span<const std::byte> bytes);

// The fatbin that starts `bytes`, padding not included; empty when there is none or it does not fit.
std::span<const std::byte> first_fatbin(std::span<const std::byte> bytes);

struct FatbinEntry {
    std::uint16_t kind = 0;  // 1 PTX, 2 ELF
    std::uint32_t arch = 0;  // 75, 80, ...
    std::uint64_t flags = 0;
    std::uint64_t uncompressed_size = 0;      // 0 when not compressed
    std::span<const std::byte> payload = {};  // exactly what is to be decompressed, or the padded raw payload
};
inline constexpr std::uint16_t kEntryPtx = 1;
inline constexpr std::uint16_t kEntryElf = 2;
inline constexpr std::uint64_t kEntryLz4 = 0x2000;
inline constexpr std::uint64_t kEntryZstd = 0x8000;

// Walks the entries of one fatbin (header included, as first_fatbin gives it).
class FatbinEntries {
  public:
    explicit FatbinEntries(std::span<const std::byte> fatbin);
    // False at the end and at the first inconsistent entry; then ok() tells which.
    bool next(FatbinEntry& entry);
    bool ok() const { return ok_; }

  private:
    std::span<const std::byte> rest_;
    bool ok_ = true;
};

// Bytes of the ELF file that starts `bytes`, by its own tables; 0 when it is none or does not fit.
std::size_t elf_size(std::span<const std::byte> bytes);

}  // namespace cudart
