// See unsettled.h.
#include "unsettled.h"

#include <algorithm>

namespace guest {
namespace {

// Stands for streams of a context that are not told apart.
constexpr std::uint64_t kSome = UINT64_MAX;

}  // namespace

void Unsettled::note(const StreamName& stream, bool lands) {
    Guard guard(mutex_);
    const std::uint64_t number = last_.load(std::memory_order_relaxed) + 1;
    StreamName name = stream;
    const auto named = [&name](const Entry& entry) { return entry.name == name; };
    auto found = std::ranges::find_if(entries_, named);
    if (found == entries_.end() && entries_.size() >= kStreams) {
        name = {stream.context, wire::Handle{kSome}, 0};
        found = std::ranges::find_if(entries_, named);
    }
    if (found == entries_.end()) found = entries_.insert(found, Entry{name, 0, 0});
    found->last = number;
    if (lands) found->landing = number;
    sweep();
    last_.store(number, std::memory_order_release);
}

void Unsettled::end(Entry& entry, std::uint64_t mark) {
    if (entry.last <= mark) entry.last = 0;
    if (entry.landing <= mark) entry.landing = 0;
}

void Unsettled::sweep() {
    std::erase_if(entries_, [](const Entry& entry) { return entry.last == 0; });
    const auto lands = [](const Entry& entry) { return entry.landing != 0; };
    const auto landings = std::ranges::count_if(entries_, lands);
    count_.store(static_cast<std::uint32_t>(entries_.size()), std::memory_order_release);
    landings_.store(static_cast<std::uint32_t>(landings), std::memory_order_release);
}

void Unsettled::stream_over(const StreamName& stream, std::uint64_t mark) {
    if (!any()) return;
    Guard guard(mutex_);
    for (Entry& entry : entries_) {
        if (entry.name == stream) end(entry, mark);
    }
    sweep();
}

void Unsettled::context_over(const Context* context, std::uint64_t mark) {
    if (!any()) return;
    Guard guard(mutex_);
    for (Entry& entry : entries_) {
        if (entry.name.context == context) end(entry, mark);
    }
    sweep();
}

std::vector<const Context*> Unsettled::contexts() const {
    Guard guard(mutex_);
    std::vector<const Context*> contexts;
    for (const Entry& entry : entries_) {
        if (std::ranges::find(contexts, entry.name.context) == contexts.end())
            contexts.push_back(entry.name.context);
    }
    return contexts;
}

}  // namespace guest
