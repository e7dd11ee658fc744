// Images behind bare pointers and off the wire: found whole, and never believed beyond their end.
#include <sys/mman.h>

#include <cstring>
#include <string>

#include "cudart/fatbin_image.h"
#include "unit.h"

namespace {

using unit::Bytes;

template <typename T>
void put(Bytes& bytes, std::size_t at, T value) {
    if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

Bytes make_fatbin(std::size_t entries, std::size_t payload) {
    Bytes bytes;
    put(bytes, 0, cudart::kFatbinMagic);
    put(bytes, 4, std::uint16_t{1});
    put(bytes, 6, std::uint16_t{16});
    put(bytes, 8, std::uint64_t{entries * (64 + payload)});
    for (std::size_t index = 0; index < entries; ++index) {
        const std::size_t at = bytes.size();
        bytes.resize(at + 64 + payload);
        put(bytes, at, cudart::kEntryPtx);
        put(bytes, at + 4, std::uint32_t{64});
        put(bytes, at + 8, std::uint64_t{payload});
        put(bytes, at + 28, std::uint32_t{80});
    }
    return bytes;
}

bool readable_all(const void*, std::size_t) { return true; }

// The end of what may be read, for the probe below.
const std::byte* fence = nullptr;
bool readable_to_fence(const void* address, std::size_t size) {
    return static_cast<const std::byte*>(address) + size <= fence;
}

}  // namespace

TEST("a fatbin, a wrapper of one and a wrapper of several are found whole") {
    const Bytes first = make_fatbin(2, 24);
    const Bytes second = make_fatbin(1, 8);
    cudart::ImageView view;
    CHECK(cudart::find_image(first.data(), readable_all, view) && view.size == first.size());
    const void* prelinked[] = {second.data(), first.data(), nullptr};
    Bytes wrapper;
    put(wrapper, 0, cudart::kWrapperMagic);
    put(wrapper, 4, std::uint32_t{2});
    put(wrapper, 8, static_cast<const void*>(first.data()));
    put(wrapper, 16, static_cast<const void*>(prelinked));
    CHECK(cudart::find_image(wrapper.data(), readable_all, view));
    CHECK(view.size == 2 * first.size() + second.size());
    Bytes copy(view.size);
    cudart::copy_image(view, copy.data());
    CHECK(cudart::check_image(copy) == cudart::ImageKind::fatbin);
    CHECK(cudart::first_fatbin(copy).size() == first.size());
    put(wrapper, 4, std::uint32_t{1});
    CHECK(cudart::find_image(wrapper.data(), readable_all, view) && view.size == first.size());
    put(wrapper, 4, std::uint32_t{3});
    CHECK(!cudart::find_image(wrapper.data(), readable_all, view));
}

TEST("an image that claims more than can be read is refused") {
    Bytes fatbin = make_fatbin(1, 64);
    cudart::ImageView view;
    fence = fatbin.data() + fatbin.size();
    CHECK(cudart::find_image(fatbin.data(), readable_to_fence, view));
    for (const std::uint64_t lie :
         {fatbin.size() - 15, std::size_t{1} << 40, ~std::size_t{0}, ~std::size_t{0} - 15}) {
        put(fatbin, 8, lie);
        CHECK(!cudart::find_image(fatbin.data(), readable_to_fence, view));
        CHECK(cudart::check_image(fatbin) == cudart::ImageKind::none);
    }
}

TEST("PTX is found up to its NUL, and text without one ends at the last readable page") {
    constexpr std::size_t kPage = 4096;
    auto* pages = static_cast<char*>(
        mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    munmap(pages + kPage, kPage);
    std::memset(pages, 'x', kPage);
    fence = static_cast<const std::byte*>(static_cast<void*>(pages)) + kPage;
    cudart::ImageView view;
    CHECK(!cudart::find_image(pages, readable_to_fence, view));
    pages[kPage - 1] = '\0';
    CHECK(cudart::find_image(pages, readable_to_fence, view) && view.size == kPage);
    CHECK(view.kind == cudart::ImageKind::ptx);
    munmap(pages, kPage);
}

TEST("bytes that only look like text by their end are no image: a wrapper holds pointers") {
    const Bytes fatbin = make_fatbin(1, 24);
    Bytes wrapper(25);  // with a NUL behind it
    put(wrapper, 0, cudart::kWrapperMagic);
    put(wrapper, 4, std::uint32_t{1});
    put(wrapper, 8, static_cast<const void*>(fatbin.data()));
    CHECK(cudart::check_image(wrapper) == cudart::ImageKind::none);
    put(wrapper, 0, std::uint32_t{0x2e2e2e2e});
    CHECK(cudart::check_image(wrapper) == cudart::ImageKind::ptx);
}

TEST("no cut or altered image makes a check read outside its bytes") {
    const Bytes whole = make_fatbin(3, 40);
    CHECK(cudart::check_image(whole) == cudart::ImageKind::fatbin);
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(cudart::check_image(cut) != cudart::ImageKind::fatbin);
    }
    unit::Random random(1);
    for (int round = 0; round < 20000; ++round) {
        Bytes altered = whole;
        altered.resize(random.below(whole.size()) + 1);
        for (int change = 0; change < 3; ++change) {
            altered[random.below(altered.size())] = static_cast<std::byte>(random.next());
        }
        cudart::check_image(altered);
        cudart::FatbinEntries entries(altered);
        for (cudart::FatbinEntry entry; entries.next(entry);) {
        }
        if (altered.size() >= 4)
            std::memcpy(altered.data(),
                        "\x7f"
                        "ELF",
                        4);
        cudart::elf_size(altered);
    }
}
