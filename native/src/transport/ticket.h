// TicketGate: lets exactly one guest in. The daemon hands the same 32 bytes to the worker and to the guest;
// whoever shows them first, in time, is attached. Used by the session only, on the engine thread. A wrong
// ticket does not use the right one up (a stranger must not be able to lock the guest out), but only a few
// wrong ones are heard.
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <span>

namespace transport {

inline constexpr std::size_t kTicketSize = 32;
inline constexpr int kWrongTicketsHeard = 8;

using Ticket = std::array<std::byte, kTicketSize>;

enum class TicketVerdict { accepted, wrong, expired, used };

// The time taken depends on the length of what is shown only: how many bytes agree must not be measurable.
inline bool equal_in_constant_time(const Ticket& ticket, std::span<const std::byte> shown) {
    if (shown.size() != ticket.size()) return false;
    std::byte difference{0};
    for (std::size_t index = 0; index < ticket.size(); ++index) difference |= ticket[index] ^ shown[index];
    return difference == std::byte{0};
}

class TicketGate {
public:
    using Clock = std::chrono::steady_clock;

    TicketGate(const Ticket& ticket, std::chrono::milliseconds ttl, Clock::time_point now)
        : ticket_(ticket), deadline_(now + ttl) {}

    TicketVerdict show(std::span<const std::byte> shown, Clock::time_point now) {
        if (used_) return TicketVerdict::used;
        if (now >= deadline_) return TicketVerdict::expired;
        if (!equal_in_constant_time(ticket_, shown)) {
            ++wrong_;
            return TicketVerdict::wrong;
        }
        used_ = true;
        ticket_.fill(std::byte{0});
        return TicketVerdict::accepted;
    }
    Clock::time_point deadline() const { return deadline_; }
    bool exhausted() const { return wrong_ >= kWrongTicketsHeard; }

private:
    Ticket ticket_;
    Clock::time_point deadline_;
    int wrong_ = 0;
    bool used_ = false;
};

}  // namespace transport
