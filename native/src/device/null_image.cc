// Just enough reading of code images to know kernels' names and parameters: `.entry` headers of PTX text, and
// the .nv.info.<kernel> sections of cubins. Used by the null device only; whatever it does not understand is
// no kernel. Compressed fatbin entries are skipped (the default fatbin of nvcc carries its cubin uncompressed
// beside the PTX).
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>

#include "cudart/fatbin_image.h"
#include "device/null_state.h"

namespace device::null {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view text_of(Bytes bytes) {
    const auto* text = static_cast<const char*>(static_cast<const void*>(bytes.data()));
    return {text, ::strnlen(text, bytes.size())};
}

// --- PTX: `.entry name ( .param .u64 a, .param .align 8 .b8 b[24] )`

std::string_view next_word(std::string_view& text) {
    const auto is_separator = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    while (!text.empty() && is_separator(text.front())) text.remove_prefix(1);
    std::size_t size = 0;
    while (size < text.size() && !is_separator(text[size]) && std::strchr("(),[]{}", text[size]) == nullptr)
        ++size;
    if (size == 0 && !text.empty()) size = 1;
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

std::size_t number_of(std::string_view word) {
    std::size_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
}

std::size_t width_of(std::string_view type) {
    const std::size_t digits = type.find_first_of("0123456789");
    return digits == std::string_view::npos ? 0 : number_of(type.substr(digits)) / 8;
}

// One parameter, up to and with its `,` or `)`. False at the `)`.
bool read_parameter(std::string_view& text, std::vector<Parameter>& parameters) {
    std::size_t alignment = 0;
    std::size_t width = 0;
    std::size_t count = 1;
    bool of_pointee = false;  // `.ptr ... .align 16` speaks of what a pointer points at
    for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
        of_pointee = of_pointee || word == ".ptr";
        if (word == ".align" && !of_pointee) alignment = number_of(next_word(text));
        if (word == "[") count = number_of(next_word(text));
        if (word.size() > 2 && word[0] == '.' && std::strchr("usbf", word[1]) != nullptr &&
            width_of(word) != 0) {
            width = width_of(word);
        }
        if (word != "," && word != ")") continue;
        if (width != 0) {
            const std::size_t aligned = std::max(alignment, width);
            const std::size_t end =
                parameters.empty() ? 0 : parameters.back().offset + parameters.back().size;
            const std::size_t natural = alignment != 0 ? alignment : aligned;
            parameters.push_back({(end + natural - 1) / natural * natural, width * count});
        }
        return word == ",";
    }
    return false;
}

void read_ptx(std::string_view text, Code& code) {
    constexpr std::string_view kEntry = ".entry";
    for (std::size_t at = text.find(kEntry); at != std::string_view::npos; at = text.find(kEntry)) {
        text.remove_prefix(at + kEntry.size());
        auto kernel = std::make_unique<Kernel>();
        kernel->name = next_word(text);
        std::string_view rest = text;
        if (next_word(rest) == "(") {
            while (read_parameter(rest, kernel->parameters)) {
            }
        }
        if (!kernel->name.empty()) code.kernels.push_back(std::move(kernel));
    }
}

// --- cubin: ELF64 sections .nv.info.<kernel> of {u8 format, u8 attribute, u16 size or value, bytes}

template <class Value>
Value at(Bytes bytes, std::size_t offset) {
    Value value{};
    if (offset <= bytes.size() && sizeof value <= bytes.size() - offset) {
        std::memcpy(&value, bytes.data() + offset, sizeof value);
    }
    return value;
}

Bytes part(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return {};
    return bytes.subspan(offset, size);
}

void read_kernel_section(Bytes section, Kernel& kernel) {
    constexpr std::uint8_t kSized = 4;
    constexpr std::uint8_t kParameterEntry = 0x17;  // EIATTR_KPARAM_INFO
    while (section.size() >= 4) {
        const auto format = at<std::uint8_t>(section, 0);
        const auto attribute = at<std::uint8_t>(section, 1);
        const std::size_t size = format == kSized ? at<std::uint16_t>(section, 2) : 0;
        const Bytes body = part(section, 4, size);
        if (format == kSized && attribute == kParameterEntry && body.size() >= 12) {
            const auto ordinal = at<std::uint16_t>(body, 4);
            if (ordinal >= kernel.parameters.size()) kernel.parameters.resize(ordinal + std::size_t{1});
            kernel.parameters[ordinal] = {at<std::uint16_t>(body, 6), at<std::uint32_t>(body, 8) >> 18};
        }
        section = section.subspan(std::min(section.size(), 4 + size));
    }
}

void read_elf(Bytes elf, Code& code) {
    constexpr std::string_view kPrefix = ".nv.info.";
    const auto table = at<std::uint64_t>(elf, 0x28);
    const auto entry_size = at<std::uint16_t>(elf, 0x3A);
    const auto count = at<std::uint16_t>(elf, 0x3C);
    const auto names_index = at<std::uint16_t>(elf, 0x3E);
    const auto section_at = [&](std::size_t index) {
        return part(elf, table + index * entry_size, entry_size);
    };
    const auto body_of = [&](Bytes header) {
        return part(elf, at<std::uint64_t>(header, 0x18), at<std::uint64_t>(header, 0x20));
    };
    const Bytes names = body_of(section_at(names_index));
    for (std::size_t index = 0; index < count; ++index) {
        const Bytes header = section_at(index);
        const auto name_at = at<std::uint32_t>(header, 0);
        if (header.empty() || name_at >= names.size()) continue;
        const std::string_view name = text_of(names.subspan(name_at));
        if (!name.starts_with(kPrefix)) continue;
        auto kernel = std::make_unique<Kernel>();
        kernel->name = name.substr(kPrefix.size());
        read_kernel_section(body_of(header), *kernel);
        code.kernels.push_back(std::move(kernel));
    }
}

void read_fatbin(Bytes fatbin, Code& code) {
    // Every entry describes the same kernels for another architecture: the first one that can be read will
    // do.
    cudart::FatbinEntries entries(fatbin);
    for (cudart::FatbinEntry entry; code.kernels.empty() && entries.next(entry);) {
        if ((entry.flags & (cudart::kEntryLz4 | cudart::kEntryZstd)) != 0) continue;
        if (entry.kind == cudart::kEntryElf) read_elf(entry.payload, code);
        if (entry.kind == cudart::kEntryPtx) read_ptx(text_of(entry.payload), code);
    }
}

}  // namespace

std::unique_ptr<Code> read_image(const void* image) {
    cudart::ImageView view;
    if (!cudart::find_image(image, nullptr, view)) return nullptr;
    std::vector<std::byte> bytes(view.size);
    cudart::copy_image(view, bytes.data());
    auto code = std::make_unique<Code>();
    switch (view.kind) {
        case cudart::ImageKind::ptx:
            read_ptx(text_of(bytes), *code);
            break;
        case cudart::ImageKind::elf:
            read_elf(bytes, *code);
            break;
        case cudart::ImageKind::fatbin: {
            for (Bytes rest(bytes); !rest.empty();) {
                const Bytes fatbin = cudart::first_fatbin(rest);
                if (fatbin.empty()) break;
                Code part_code;
                read_fatbin(fatbin, part_code);
                std::move(part_code.kernels.begin(), part_code.kernels.end(),
                          std::back_inserter(code->kernels));
                rest = rest.subspan(std::min(rest.size(), (fatbin.size() + 7) / 8 * 8));
            }
            break;
        }
        case cudart::ImageKind::none:
            return nullptr;
    }
    return code;
}

}  // namespace device::null
