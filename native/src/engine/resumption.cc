// Secrets, and the connection of somebody who may be the guest. See resumption.h.
#include "engine/resumption.h"

#include <sys/random.h>

#include <utility>

namespace engine {
namespace {

// A guest says hello at once; a stranger must not keep it out for long.
constexpr std::chrono::milliseconds kCallerBound{1000};

}  // namespace

void Resumption::keep_welcome(const transport::Welcome& welcome, const transport::Ticket& ticket) {
    welcome_ = welcome;
    welcome_.snapshot.images.clear();  // of others' memory, which may not be there any more
    ticket_ = ticket;
}

bool Resumption::offer(transport::Welcome& welcome) {
    transport::Ticket fresh{};
    if (::getrandom(fresh.data(), fresh.size(), 0) != static_cast<ssize_t>(fresh.size())) return false;
    if (offered_) previous_ = shown_;  // what the guest is known to hold
    secret_ = fresh;
    offered_ = true;
    parted_until_.reset();
    welcome.resume_secret.assign(secret_.begin(), secret_.end());
    welcome.resume_grace_ms = static_cast<std::uint64_t>(grace_.count());
    return true;
}

void Resumption::accept(transport::Connection connection, std::size_t receive_limit, Clock::time_point now) {
    proven_ = hung_up_ = false;
    deadline_ = now + kCallerBound;
    const bool is_tcp = connection.is_tcp;
    caller_.reset(new transport::Link(std::move(connection.socket), receive_limit, *this));
    if (is_tcp) caller_->watch_silence();
    if (!caller_->start().ok() || caller_->flush() == transport::Link::Io::closed) caller_.reset();
}

std::unique_ptr<transport::Link> Resumption::read(std::uint64_t& seen) {
    const bool open = caller_->read() == transport::Link::Io::open;
    if (!open || hung_up_ || caller_->flush() == transport::Link::Io::closed) {
        caller_.reset();
        return nullptr;
    }
    if (!proven_) return nullptr;
    seen = seen_;
    return std::move(caller_);
}

bool Resumption::on_hello(const transport::Hello& hello) {
    const bool known = transport::equal_in_constant_time(secret_, hello.resume);
    const bool known_before = previous_ && transport::equal_in_constant_time(*previous_, hello.resume);
    starts_over_ = ticket_ && hello.resume.empty() &&
                   transport::equal_in_constant_time(*ticket_, hello.ticket);
    proven_ = known || known_before || starts_over_;
    if (known || known_before) shown_ = known ? secret_ : *previous_;
    hung_up_ = !proven_;
    seen_ = starts_over_ ? 0 : hello.seen;
    return proven_;
}

}  // namespace engine
