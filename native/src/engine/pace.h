// Pace: how long the engine leaves a burst of records alone between two looks at the ring. A look costs a
// guest that is writing more than a record does: it takes the line away in which the guest publishes and,
// since processors read ahead, those it writes next (480 ns each between distant cores). So while records
// come as fast as a program can write them, looks become rare; one that is alone is seen at once, and a guest
// that waits ends a rest (see Engine::rest). Pure.
#pragma once
#include <algorithm>
#include <cstddef>

namespace engine {

class Pace {
public:
    // A look has found that many bytes of records. `awaited`: somebody waits for what comes of them, or did.
    void found(std::size_t bytes, bool awaited) {
        if (awaited) {
            pauses_ = 0;
        } else if (bytes < pauses_ * kBurst) {
            pauses_ /= 2;
        } else if (bytes < kPlenty) {
            pauses_ = std::min(pauses_ * 2 + kFirst, kLongest);
        }
    }
    // How often to relax before the next look.
    unsigned pauses() const { return pauses_; }

private:
    static constexpr unsigned kFirst = 8;
    static constexpr unsigned kLongest = 1024;  // about 25 us
    // Bytes per pause, of some 25 ns, that come from a program which does nothing but call.
    static constexpr std::size_t kBurst = 8;
    static constexpr std::size_t kPlenty = 32 << 10;  // bytes; a look that finds more is rare enough

    unsigned pauses_ = 0;
};

}  // namespace engine
