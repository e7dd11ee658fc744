// Six properties of a codec, each checked for one kind of message: encoding is idempotent, sizes agree, every
// truncation is refused, a corrupted word never leads outside the payload, a length over its limit is refused
// without an allocation, and every field influences its own bytes only. Memory errors are the sanitizers' to
// find: payloads lie in heap blocks of exactly their size.
#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "message.h"

// Of the address sanitizer, whose headers not every distribution ships.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));

namespace codec_test {
namespace {

using Payload = std::vector<std::byte>;

// Counted while a decode runs: decoders must not allocate, whatever a length field says.
std::size_t allocation_count = 0;

void count_allocation(const volatile void*, std::size_t) { ++allocation_count; }
void ignore_free(const volatile void*) {}

constexpr int kRounds = 16;
constexpr std::array<std::uint32_t, 6> kHostileWords = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678};

// Exactly as long as the message, so that one byte more is a heap overflow.
Payload encoded(const Message& message) {
    Payload payload(message.measure());
    message.write(payload.data());
    return payload;
}

bool same(const Field& left, const Field& right) {
    if (left.kind == Field::Kind::scalar) return std::memcmp(left.value, right.value, left.size) == 0;
    return std::ranges::equal(left.bytes(), right.bytes());
}

bool same_except(Message& left, Message& right, std::size_t skipped) {
    const auto left_fields = left.fields();
    const auto right_fields = right.fields();
    for (std::size_t i = 0; i < left_fields.size(); ++i) {
        if (i != skipped && !same(left_fields[i], right_fields[i])) return false;
    }
    return true;
}

constexpr std::size_t kNone = ~std::size_t{0};

const char* idempotent(const MessageKind& kind) {
    Filler filler(1);
    for (int round = 0; round < kRounds; ++round) {
        const auto first = kind.make();
        const auto second = kind.make();
        filler.fill(*first);
        const Payload payload = encoded(*first);
        if (!second->read(payload)) return "idempotence: its own encoding does not decode";
        if (!same_except(*first, *second, kNone)) return "idempotence: a field changed on the way";
        if (encoded(*second) != payload) return "idempotence: encoded again, it differs";
    }
    return nullptr;
}

const char* sizes_agree(const MessageKind& kind) {
    Filler filler(2);
    for (int round = 0; round < kRounds; ++round) {
        const auto message = kind.make();
        filler.fill(*message);
        Payload payload(message->measure());
        if (message->write(payload.data()) != payload.size()) return "size: Measure and Writer disagree";
        if (payload.size() % wire::kRecordAlignment != 0) return "size: not a multiple of 8";
    }
    return nullptr;
}

const char* truncations_fail(const MessageKind& kind) {
    Filler filler(3);
    const auto message = kind.make();
    filler.fill(*message);
    const Payload payload = encoded(*message);
    for (std::size_t size = 0; size < payload.size(); ++size) {
        const Payload shorter(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        if (kind.make()->read(shorter)) return "truncation: a shorter payload decodes";
    }
    Payload longer = payload;
    longer.resize(payload.size() + wire::kRecordAlignment);
    if (kind.make()->read(longer)) return "truncation: trailing bytes are ignored";
    return nullptr;
}

bool inside(Bytes part, const Payload& whole) {
    if (part.empty()) return true;
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

const char* decoded_is_sound(Message& message, const Payload& payload, const MessageKind& kind) {
    for (const Field& field : message.fields()) {
        if (field.kind == Field::Kind::scalar) continue;
        if (!inside(field.bytes(), payload)) return "corruption: a field points outside the payload";
        if (field.bytes().size() > field.limit) return "corruption: a field is over its limit";
        const bool text = field.kind == Field::Kind::text;
        if (text && !wire::is_text(field.bytes())) return "corruption: a text has no end";
    }
    const auto again = kind.make();
    const Payload encoding = encoded(message);
    if (!again->read(encoding)) return "corruption: what was decoded does not encode";
    return same_except(message, *again, kNone) ? nullptr : "corruption: what was decoded changes";
}

const char* corrupt_words_are_safe(const MessageKind& kind) {
    Filler filler(4);
    const auto original = kind.make();
    filler.fill(*original);
    const Payload payload = encoded(*original);
    for (std::size_t at = 0; at < payload.size(); at += sizeof(std::uint32_t)) {
        for (const std::uint32_t word : kHostileWords) {
            Payload corrupt = payload;
            std::memcpy(corrupt.data() + at, &word, sizeof word);
            const auto message = kind.make();
            if (!message->read(corrupt)) continue;
            if (const char* failure = decoded_is_sound(*message, corrupt, kind)) return failure;
        }
    }
    return nullptr;
}

// Zeros that cost nothing until they are touched.
class ZeroMemory {
public:
    explicit ZeroMemory(std::size_t size)
        : size_(size), memory_(mmap(nullptr, size, PROT_READ | PROT_WRITE, kFlags, -1, 0)) {}
    ~ZeroMemory() { munmap(memory_, size_); }
    ZeroMemory(const ZeroMemory&) = delete;
    ZeroMemory& operator=(const ZeroMemory&) = delete;
    std::byte* data() const { return static_cast<std::byte*>(memory_); }

private:
    static constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    std::size_t size_;
    void* memory_;
};

std::size_t decode_allocations = 0;

// Whether a message whose field is `size` bytes long decodes. A text of zeros is no text, so it is filled.
bool decodes_at(Message& message, const Field& field, std::size_t size, const MessageKind& kind) {
    ZeroMemory content(size);
    if (field.kind == Field::Kind::text) std::memset(content.data(), 'x', size - 1);
    field.bytes() = Bytes(content.data(), size);
    const std::size_t needed = message.measure();
    ZeroMemory payload(needed);
    if (field.kind == Field::Kind::text) message.write(payload.data());
    else message.write_sparse(payload.data());
    const auto decoded = kind.make();
    const std::size_t before = allocation_count;
    const bool accepted = decoded->read(Bytes(payload.data(), needed));
    decode_allocations += allocation_count - before;
    return accepted;
}

const char* limits_hold(const MessageKind& kind) {
    const auto message = kind.make();
    Filler filler(5);
    filler.fill(*message);
    for (const Field& field : message->fields()) {
        if (field.kind == Field::Kind::scalar) continue;
        const Bytes kept = field.bytes();
        if (!decodes_at(*message, field, field.limit, kind)) return "limit: a field at its limit is refused";
        const bool longer = decodes_at(*message, field, field.limit + 1, kind);
        if (longer) return "limit: a field over its limit decodes";
        field.bytes() = kept;
    }
    if (decode_allocations != 0) return "limit: decoding allocates";
    return nullptr;
}

const char* fields_influence(const MessageKind& kind) {
    Filler filler(6);
    const auto message = kind.make();
    filler.fill(*message);
    const std::size_t count = message->fields().size();
    for (std::size_t i = 0; i < count; ++i) {
        const Payload before = encoded(*message);
        const auto original = kind.make();
        if (!original->read(before)) return "influence: its own encoding does not decode";
        filler.change(message->fields()[i]);
        const Payload after = encoded(*message);
        if (after == before) return "influence: a field does not show in the encoding";
        const auto changed = kind.make();
        if (!changed->read(after)) return "influence: a changed field does not decode";
        if (!same_except(*original, *changed, i)) return "influence: a field changed another one";
        const bool kept = same(changed->fields()[i], message->fields()[i]);
        if (!kept) return "influence: a field decodes to another value";
    }
    return nullptr;
}

}  // namespace

Bytes Filler::random_bytes(const Field& field) {
    const bool text = field.kind == Field::Kind::text;
    const std::size_t most = std::min<std::size_t>(field.limit, 40);
    const std::size_t size = text ? random_() % most + 1 : random_() % (most + 1);
    auto& content = *pool_.emplace_back(std::make_unique<std::vector<std::byte>>(size));
    for (std::byte& byte : content) byte = static_cast<std::byte>(random_() % 255 + 1);
    if (text) content.back() = std::byte{0};
    return content;
}

void Filler::fill(Message& message) {
    for (const Field& field : message.fields()) {
        if (field.kind != Field::Kind::scalar) {
            field.bytes() = random_bytes(field);
            continue;
        }
        for (std::size_t i = 0; i < field.size; ++i) {
            static_cast<unsigned char*>(field.value)[i] = static_cast<unsigned char>(random_());
        }
    }
}

void Filler::change(const Field& field) {
    if (field.kind == Field::Kind::scalar) {
        auto* bytes = static_cast<unsigned char*>(field.value);
        bytes[random_() % field.size] ^= static_cast<unsigned char>(random_() % 255 + 1);
        return;
    }
    const Bytes old = field.bytes();
    while (std::ranges::equal(old, field.bytes())) field.bytes() = random_bytes(field);
}

std::vector<const char*> check_message(const MessageKind& kind) {
    static const int hooked = __sanitizer_install_malloc_and_free_hooks(count_allocation, ignore_free);
    if (hooked == 0) return {"limit: allocations cannot be counted"};
    std::vector<const char*> failures;
    for (const auto property :
         {idempotent, sizes_agree, truncations_fail, corrupt_words_are_safe, limits_hold, fields_influence}) {
        if (const char* failure = property(kind)) failures.push_back(failure);
    }
    return failures;
}

}  // namespace codec_test
