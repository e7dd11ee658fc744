// A table of words that is there before the program runs: what the parser asks of every word of a text.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace soft::ptx {

// At most `Most` words. Open addressing, half full at most, so that a word that is not there is found out
// soon.
template <class Value, std::size_t Most>
class WordTable {
  public:
    // `rows`: no word twice, and none of them empty.
    template <class Rows>
    constexpr explicit WordTable(const Rows& rows) {
        for (const auto& [word, value] : rows) {
            std::size_t at = hash(word);
            while (!slots_[at].word.empty()) at = (at + 1) % kSlots;
            slots_[at] = {word, value};
        }
    }
    constexpr const Value* find(std::string_view word) const {
        for (std::size_t at = hash(word); !slots_[at].word.empty(); at = (at + 1) % kSlots) {
            if (slots_[at].word == word) return &slots_[at].value;
        }
        return nullptr;
    }

  private:
    static constexpr std::size_t kSlots = std::bit_ceil(Most * 2);
    struct Slot {
        std::string_view word;
        Value value{};
    };

    // FNV-1a: words are short.
    static constexpr std::size_t hash(std::string_view word) {
        std::uint32_t all = 2166136261u;
        for (const char c : word) all = (all ^ static_cast<std::uint8_t>(c)) * 16777619u;
        return (all ^ all >> 15) % kSlots;
    }

    std::array<Slot, kSlots> slots_{};
};

template <class Value, std::size_t Count>
constexpr auto make_word_table(const std::pair<std::string_view, Value> (&rows)[Count]) {
    return WordTable<Value, Count>(rows);
}

}  // namespace soft::ptx
