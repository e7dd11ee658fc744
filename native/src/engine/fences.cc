// What is followed, and when it is done. See fences.h.
#include "engine/fences.h"

#include <algorithm>

#include "wire/fence.h"

namespace engine {
namespace {

// Recordings looked at in one go; the others have their turn at the next look.
constexpr std::size_t kLook = 16;
// Beyond this the guest has to ask: a program that records thousands of events seldom queries them.
constexpr std::size_t kFollowed = 1024;

}  // namespace

Fences::Recordings* Fences::recordings(wire::Handle event) {
    const bool known = event.kind() == wire::HandleKind::event && event.index() < recordings_.size();
    if (!known || recordings_[event.index()].generation != event.generation()) return nullptr;
    return &recordings_[event.index()];
}

void Fences::mark(wire::Handle object, bool followed) {
    if (Recordings* found = recordings(object)) found->followed = followed;
}

void Fences::recorded(wire::Handle event) {
    const bool has_fence = wire::fence_of(event, static_cast<std::uint32_t>(words_.size())) != 0;
    if (event.kind() != wire::HandleKind::event || !has_fence) return;
    if (event.index() >= recordings_.size()) recordings_.resize(event.index() + std::size_t{1});
    Recordings& found = recordings_[event.index()];
    if (found.generation != event.generation()) found = {0, event.generation(), false};
    ++found.count;
    if (found.followed || followed_.size() >= kFollowed) return;
    found.followed = true;
    followed_.push_back({event, 0, false});
}

void Fences::asked(wire::Handle object, std::uint64_t position) {
    if (wire::fence_of(object, static_cast<std::uint32_t>(words_.size())) == 0) return;
    const auto same = [object](const Followed& each) { return each.object == object; };
    const auto found = std::find_if(followed_.begin(), followed_.end(), same);
    if (found != followed_.end()) {
        found->asked = true;
        found->position = std::max(found->position, position);
    } else if (followed_.size() < kFollowed) {
        followed_.push_back({object, position, true});
        mark(object, true);
    }
}

bool Fences::is_done(const Followed& followed, bool& forget) {
    const wire::HandleKind kind = followed.object.kind();
    void* object = handles_.find(kind, followed.object);
    forget = object == nullptr || contexts_.use(handles_.parent_of(followed.object)) != abi::CUDA_SUCCESS;
    if (forget) return false;
    const abi::CUresult result = kind == wire::HandleKind::event
                                     ? driver_.cuEventQuery(static_cast<abi::CUevent>(object))
                                     : driver_.cuStreamQuery(static_cast<abi::CUstream>(object));
    // After an error the guest is to ask, and to hear of it.
    forget = result != abi::CUDA_SUCCESS && result != abi::CUDA_ERROR_NOT_READY;
    return result == abi::CUDA_SUCCESS;
}

// Moves what is done from followed_ to done_, and drops what has ended otherwise. What stays goes behind what
// has not been looked at.
void Fences::find_done() {
    std::size_t kept = 0;
    const std::size_t looked = std::min(followed_.size(), kLook);
    for (std::size_t index = 0; index < looked; ++index) {
        const Followed each = followed_[index];
        bool forget = false;
        const bool done = is_done(each, forget);
        if (done) done_.push_back(each);
        if (done || forget) {
            mark(each.object, false);
        } else {
            followed_[kept++] = each;
        }
    }
    const auto begin = followed_.begin();
    followed_.erase(begin + static_cast<std::ptrdiff_t>(kept), begin + static_cast<std::ptrdiff_t>(looked));
    std::rotate(begin, begin + static_cast<std::ptrdiff_t>(kept), followed_.end());
}

void Fences::publish() {
    for (const Followed& each : done_) {
        const Recordings* of = recordings(each.object);
        const std::uint64_t number = of != nullptr ? of->count : each.position;
        const std::uint32_t fence = wire::fence_of(each.object, static_cast<std::uint32_t>(words_.size()));
        words_[fence].store(wire::fence_word(each.object, number), std::memory_order_release);
    }
    done_.clear();
}

void Fences::put_off() {
    for (const Followed& each : done_) {
        followed_.push_back(each);
        mark(each.object, true);
    }
    done_.clear();
}

bool Fences::any_asked() const {
    return std::any_of(followed_.begin(), followed_.end(), [](const Followed& each) { return each.asked; });
}

}  // namespace engine
