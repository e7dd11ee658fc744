// See kernel_metadata.h.
#include "kernel_metadata.h"

#include <algorithm>
#include <memory>

#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/text.h"

namespace guest {
namespace {

// One kernel of the host's metadata; null when it is malformed.
KernelFacts* read_kernel(wire::Cursor& cursor) {
    const auto name = cursor.bytes();
    auto facts = std::make_unique<KernelFacts>();
    for (auto& attribute : facts->attributes) {
        attribute.store(cursor.scalar<std::int32_t>(), std::memory_order_relaxed);
    }
    const auto count = cursor.scalar<std::uint32_t>();
    if (!cursor.ok() || !wire::is_text(name) || count > wire::limits::kKernelParameterBytes) return nullptr;
    facts->name = wire::c_string(name);
    for (std::uint32_t index = 0; index < count && cursor.ok(); ++index) {
        Parameter parameter{};
        parameter.offset = cursor.scalar<std::uint32_t>();
        parameter.size = cursor.scalar<std::uint32_t>();
        const std::uint64_t end = std::uint64_t{parameter.offset} + parameter.size;
        if (end > wire::limits::kKernelParameterBytes) return nullptr;
        facts->has_gaps = facts->has_gaps || parameter.offset != facts->parameter_bytes;
        facts->parameter_bytes = std::max(facts->parameter_bytes, static_cast<std::uint32_t>(end));
        facts->parameters.push_back(parameter);
    }
    cursor.skip_to(wire::kRecordAlignment);
    return cursor.ok() ? facts.release() : nullptr;
}

}  // namespace

bool read_kernels(std::span<const std::byte> bytes, Image& image) {
    if (bytes.empty()) return true;
    wire::Cursor cursor(bytes);
    const auto count = cursor.scalar<std::uint32_t>();
    if (count > wire::limits::kKernelsPerImage) return false;
    for (std::uint32_t index = 0; index < count; ++index) {
        KernelFacts* facts = read_kernel(cursor);
        if (facts == nullptr) return false;
        image.kernels.push_back(facts);
        image.by_name.emplace(facts->name, facts);
    }
    return cursor.ok();
}

}  // namespace guest
