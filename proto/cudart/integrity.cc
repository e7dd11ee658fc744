// MD2, HMAC and the self-test's message. Called by export_tables.cc; knows no driver and keeps no state.
#include "cudart/integrity.h"

#include <cstring>

namespace cudart {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kDigits = 800;  // the substitution table needs the first 722 of pi

// The digits of pi, 3 first, by the spigot of Rabinowitz and Wagon in groups of four.
std::array<std::uint8_t, kDigits> digits_of_pi() {
    constexpr std::uint32_t kBase = 10000;
    constexpr std::size_t kTerms = kDigits / 4 * 14;
    std::array<std::uint32_t, kTerms + 1> remainders{};
    for (auto& remainder : remainders) remainder = kBase / 5;
    std::array<std::uint8_t, kDigits> digits{};
    std::uint32_t carried = 0;
    std::size_t at = 0;
    for (std::size_t terms = kTerms; terms > 0; terms -= 14) {
        std::uint32_t sum = 0;
        for (std::size_t term = terms; term > 0; --term) {
            sum = sum * static_cast<std::uint32_t>(term) + remainders[term] * kBase;
            const auto divisor = static_cast<std::uint32_t>(2 * term - 1);
            remainders[term] = sum % divisor;
            sum /= divisor;
        }
        const std::uint32_t group = carried + sum / kBase;
        carried = sum % kBase;
        digits[at++] = static_cast<std::uint8_t>(group / 1000 % 10);
        digits[at++] = static_cast<std::uint8_t>(group / 100 % 10);
        digits[at++] = static_cast<std::uint8_t>(group / 10 % 10);
        digits[at++] = static_cast<std::uint8_t>(group % 10);
    }
    return digits;
}

// Draws uniform numbers below `bound` from the digits: as many digits as the bound has, rejected when they
// would bias.
class PiDraw {
public:
    std::uint32_t below(std::uint32_t bound) {
        const std::uint32_t range = bound > 100 ? 1000 : bound > 10 ? 100 : 10;
        for (;;) {
            std::uint32_t value = 0;
            for (std::uint32_t scale = 1; scale < range; scale *= 10) value = value * 10 + digits_[at_++];
            if (value < bound * (range / bound)) return value % bound;
        }
    }

private:
    std::array<std::uint8_t, kDigits> digits_ = digits_of_pi();
    std::size_t at_ = 0;
};

using Substitution = std::array<std::uint8_t, 256>;

// MD2's substitution: the identity shuffled by the digits of pi.
Substitution make_substitution() {
    Substitution table{};
    for (std::size_t index = 0; index < table.size(); ++index)
        table[index] = static_cast<std::uint8_t>(index);
    PiDraw draw;
    for (std::uint32_t bound = 2; bound <= 256; ++bound) {
        const std::uint32_t other = draw.below(bound);
        const std::uint8_t moved = table[other];
        table[other] = table[bound - 1];
        table[bound - 1] = moved;
    }
    return table;
}

// Made at its first use: under a millisecond, once in a process, where a compiler would need seconds in every
// build.
const Substitution& substitution() {
    static const Substitution table = make_substitution();
    return table;
}

struct Md2 {
    const Substitution& substitute = substitution();
    std::uint8_t state[3 * kBlock] = {};
    std::uint8_t checksum[kBlock] = {};
    std::uint8_t last = 0;
    std::uint8_t pending[kBlock] = {};
    std::size_t pending_size = 0;

    void mix(const std::uint8_t* block) {
        for (std::size_t index = 0; index < kBlock; ++index) {
            state[kBlock + index] = block[index];
            state[2 * kBlock + index] = static_cast<std::uint8_t>(block[index] ^ state[index]);
        }
        std::uint32_t running = 0;
        for (std::uint32_t round = 0; round < 18; ++round) {
            for (std::uint8_t& byte : state) {
                byte = static_cast<std::uint8_t>(byte ^ substitute[running]);
                running = byte;
            }
            running = (running + round) & 0xFF;
        }
    }
    void absorb(const std::uint8_t* block) {
        for (std::size_t index = 0; index < kBlock; ++index) {
            checksum[index] = static_cast<std::uint8_t>(checksum[index] ^ substitute[block[index] ^ last]);
            last = checksum[index];
        }
        mix(block);
    }
    void update(std::span<const std::uint8_t> data) {
        for (const std::uint8_t byte : data) {
            pending[pending_size++] = byte;
            if (pending_size < kBlock) continue;
            absorb(pending);
            pending_size = 0;
        }
    }
    Digest finish() {
        const std::size_t padding = kBlock - pending_size;
        std::memset(pending + pending_size, static_cast<int>(padding), padding);
        absorb(pending);
        mix(checksum);
        Digest digest;
        std::memcpy(digest.data(), state, digest.size());
        return digest;
    }
};

struct HmacMd2 {
    Md2 inner;
    std::uint8_t outer_pad[kBlock];

    explicit HmacMd2(std::span<const std::uint8_t> key) {
        std::uint8_t padded[kBlock] = {};
        const Digest digested = md2(key);
        if (key.size() > kBlock) key = digested;
        if (!key.empty()) std::memcpy(padded, key.data(), key.size());
        std::uint8_t inner_pad[kBlock];
        for (std::size_t index = 0; index < kBlock; ++index) {
            inner_pad[index] = padded[index] ^ 0x36;
            outer_pad[index] = padded[index] ^ 0x5C;
        }
        inner.update(inner_pad);
    }
    template <typename T>
    void add(const T& value) {
        std::uint8_t bytes[sizeof(T)];
        std::memcpy(bytes, &value, sizeof value);
        inner.update(bytes);
    }
    Digest finish() {
        const Digest first = inner.finish();
        Md2 outer;
        outer.update(outer_pad);
        outer.update(first);
        return outer.finish();
    }
};

constexpr std::uint8_t kKey[kBlock] = {0x14, 0x6a, 0xdd, 0xae, 0x53, 0xa9, 0xa7, 0x52,
                                       0xaa, 0x08, 0x41, 0x36, 0x0b, 0xf5, 0x5a, 0x9f};

}  // namespace

Digest md2(std::span<const std::uint8_t> data) {
    Md2 digest;
    digest.update(data);
    return digest.finish();
}

Digest hmac_md2(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
    HmacMd2 digest(key);
    digest.inner.update(data);
    return digest.finish();
}

std::array<std::uint64_t, 2> integrity_answer(std::uint32_t version, std::uint64_t unix_seconds,
                                              const IntegrityFacts& facts) {
    if (version % 10 == 0) return {0x3341181c03cb675c, 0x8ed383aa1f4cd1e8};
    if (version % 10 == 1) return {0x1841181c03cb675c, 0x8ed383aa1f4cd1e8};
    HmacMd2 digest(kKey);
    digest.add(facts.driver_version);
    digest.add(version);
    digest.add(facts.process);
    digest.add(facts.thread);
    digest.add(facts.interface_table);
    digest.add(facts.integrity_table);
    digest.add(facts.integrity_function);
    digest.add(unix_seconds);
    for (const DeviceIdentity& device : facts.devices) {
        digest.inner.update(device.uuid);
        digest.add(device.pci_domain);
        digest.add(device.pci_bus);
        digest.add(device.pci_device);
    }
    const Digest answer = digest.finish();
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), answer.data(), answer.size());
    return words;
}

}  // namespace cudart
