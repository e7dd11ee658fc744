// The session's life: connections, batches, turns, and the end. See session.h; attaching is in
// session_attach.cc.
#include "engine/session.h"

#include "engine/limits.h"
#include "wire/limits.h"

namespace engine {
namespace {

using transport::GrpcStatus;

constexpr std::chrono::milliseconds kGreetingBound{5000};
constexpr std::chrono::milliseconds kClosingBound{200};

int milliseconds_until(std::chrono::steady_clock::time_point then,
                       std::chrono::steady_clock::time_point now) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(then - now).count();
    return left <= 0 ? 0 : static_cast<int>(left);
}

}  // namespace

Session::Session(const Options& options, Events& events, Poke& poke)
    : options_(options),
      events_(events),
      poke_(poke),
      gate_(options.ticket, std::chrono::milliseconds(options.ticket_ttl_ms), Clock::now()),
      resumption_(std::chrono::milliseconds(options.resume_grace_ms)),
      meters_(options.meters),
      trace_(options.trace) {
    if (options.lanes != nullptr) meters_.join();
}

Session::~Session() {
    if (executor_ != nullptr) executor_->abandon();
    if (ring_ != nullptr && executor_ != nullptr && executor_->keeps_arena()) ring_->keep_arena();
}

void Session::open() {
    const auto status = listener_.open(options_.socket_path);
    if (!status.ok()) return die(kLost, status.message(), GrpcStatus::unavailable);
    if (!options_.tcp_address.empty()) {
        const auto opened = tcp_listener_.open_tcp(options_.tcp_address);
        if (!opened.ok()) return die(kLost, opened.message(), GrpcStatus::unavailable);
    }
    events_.listening(tcp_listener_.port());
}

std::size_t Session::fill_descriptors(pollfd* descriptors) const {
    std::size_t count = 0;
    if (resumption_.has_caller()) {
        descriptors[count++] = {resumption_.fd(), POLLIN, 0};
    } else if (link_ == nullptr || resumption_.offered()) {
        if (listener_.is_open()) descriptors[count++] = {listener_.fd(), POLLIN, 0};
        if (tcp_listener_.is_open()) descriptors[count++] = {tcp_listener_.fd(), POLLIN, 0};
    }
    if (link_ != nullptr) {
        // The hang-up is watched even while nothing is read: a guest that died must not wait for its turn to
        // be missed.
        short wanted = POLLRDHUP;
        if (!holds_reading()) wanted |= POLLIN;
        if (link_->wants_write()) wanted |= POLLOUT;
        descriptors[count++] = {link_->fd(), wanted, 0};
    }
    if (process_.valid()) descriptors[count++] = {process_.get(), POLLIN, 0};
    if (ring_ != nullptr) descriptors[count++] = {ring_->doorbell(), POLLIN, 0};
    return count;
}

int Session::timeout_ms(Clock::time_point now) const {
    if (state_ == State::listening) return milliseconds_until(gate_.deadline(), now);
    if (state_ == State::greeting || state_ == State::closing) return milliseconds_until(deadline_, now);
    if (leaving_) return milliseconds_until(deadline_, now);
    const bool polls = poll_soon_ || turns_.draining();
    if (polls) return static_cast<int>(kPollInterval.count());
    const auto next = next_check();
    return next ? milliseconds_until(*next, now) : -1;
}

void Session::handle(const pollfd& descriptor) {
    if (descriptor.revents == 0) return;
    for (auto* listener : {&listener_, &tcp_listener_}) {
        if (listener->is_open() && descriptor.fd == listener->fd()) return accept_guest(*listener);
    }
    if (process_.valid() && descriptor.fd == process_.get()) {
        // A child the guest forked may keep the socket open; the guest itself is gone all the same.
        process_.reset();
        const bool said_goodbye = executor_ != nullptr && executor_->detached();
        return die(said_goodbye ? 0 : kLost, said_goodbye ? "" : "the guest process ended", GrpcStatus::ok);
    }
    if (ring_ != nullptr && descriptor.fd == ring_->doorbell()) {
        ++meters_[Meter::batches];
        return ring_->hear();
    }
    if (resumption_.has_caller() && descriptor.fd == resumption_.fd()) return hear_caller();
    if (link_ == nullptr || descriptor.fd != link_->fd()) return;
    const bool readable = (descriptor.revents & POLLIN) != 0;
    const bool hung_up = (descriptor.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    auto io = hung_up ? transport::Link::Io::closed : transport::Link::Io::open;
    if (readable) io = link_->read();  // what a dying guest has still said comes first
    lively_ = lively_ || readable;
    if (io != transport::Link::Io::open) lose_connection();
}

bool Session::hear() {
    if (link_ == nullptr || ring_ != nullptr || holds_reading()) return false;
    const std::uint64_t before = link_->bytes_received();
    const auto io = link_->read();
    if (io != transport::Link::Io::open) {
        lose_connection();
        return true;
    }
    lively_ = link_ != nullptr && link_->bytes_received() != before;
    return lively_;
}

// The guest has hung up, or the connection has broken.
void Session::lose_connection() {
    (void)link_->flush();
    if (state_ == State::greeting) return drop_connection();
    if (part(Clock::now())) return;
    const bool said_goodbye = executor_ != nullptr && executor_->detached();
    if (state_ == State::attached) {
        die(said_goodbye ? 0 : kLost, said_goodbye ? "" : "the guest closed the connection", GrpcStatus::ok);
    }
    publish_meters();
    link_.reset();
    state_ = State::over;
}

void Session::stop_listening() {
    listener_.close();
    tcp_listener_.close();
}

void Session::accept_guest(transport::Listener& listener) {
    if (resumption_.has_caller() || (link_ != nullptr && !resumption_.offered())) return;  // one at a time
    auto connection = listener.accept();
    if (!connection) return;
    if (link_ != nullptr) return resumption_.accept(std::move(*connection), record_limit(), Clock::now());
    const bool is_tcp = connection->is_tcp;
    guest_pid_ = connection->pid;
    guest_uid_ = connection->uid;
    process_ = std::move(connection->process);
    link_.reset(new transport::Link(std::move(connection->socket), record_limit(), *this));
    if (is_tcp) link_->watch_silence();
    state_ = State::greeting;
    deadline_ = Clock::now() + kGreetingBound;
    if (!link_->start().ok() || link_->flush() == transport::Link::Io::closed) drop_connection();
}

std::size_t Session::record_limit() const {
    return options_.batch_limit_bytes != 0 ? options_.batch_limit_bytes : wire::limits::kBatchBytes;
}

void Session::drop_connection() {
    link_.reset();
    process_.reset();
    if (state_ == State::greeting) state_ = State::listening;
    if (gate_.exhausted()) die(kLost, "too many wrong tickets were shown", GrpcStatus::unavailable);
}

bool Session::may_run() const {
    if (state_ != State::attached || executor_ == nullptr || unsent() > kMaxUnsent) return false;
    return options_.lanes != nullptr ? options_.lanes->held() : turns_.held();
}

// Whether anything waits for the device: with GL, on any lane.
bool Session::wants_turn() const {
    return !backlog_.empty() || ring_waits() || (lanes_ != nullptr && lanes_->wanted());
}

void Session::want_turn() {
    if (options_.lanes != nullptr) {
        if (!options_.lanes->held()) options_.lanes->want();
    } else if (turns_.want()) {
        events_.wants();
    }
}

bool Session::holds_reading() const {
    if (state_ == State::closing || state_ == State::over) return true;
    const bool on_link = link_ != nullptr && ring_ == nullptr;
    if ((on_link ? link_->unwritten() : unsent()) > kMaxUnsent) return true;
    // Behind batches that may have to wait for it comes that a host function has returned, and what alone
    // sets staging memory free: acknowledgements.
    const bool listens = (executor_ != nullptr && executor_->callbacks_outstanding() != 0) ||
                         (on_link && link_->awaits_acknowledgement());
    return listens ? backlog_bytes_ > kMaxHeldBytes : !backlog_.empty();
}

std::size_t Session::execute(std::span<const std::byte> records) {
    const std::size_t done = executor_->run(records);
    if (executor_->violated()) die(kLost, executor_->violation(), GrpcStatus::invalid_argument);
    return done;
}

bool Session::on_batch(std::span<const std::byte> records) {
    if (state_ != State::attached) return false;
    if (ring_ != nullptr && !leave_ring()) return false;
    ++meters_[Meter::batches];
    if (!std::exchange(spoken_, true)) resumption_.confirm();
    if (backlog_.empty() && may_run()) records = records.subspan(execute(records));
    if (state_ != State::attached) return false;
    if (!records.empty()) {
        backlog_.emplace_back(records.begin(), records.end());
        backlog_bytes_ += records.size();
    }
    return true;
}

void Session::on_callbacks_done(std::uint64_t count) {
    if (state_ != State::attached || executor_ == nullptr) return;
    executor_->callbacks_done(count);
    if (executor_->violated()) die(kLost, executor_->violation(), GrpcStatus::invalid_argument);
}

// Runs what waits. True: some of it has been done.
bool Session::pump() {
    bool any = false;
    while (!backlog_.empty() && may_run()) {
        const auto rest = std::span<const std::byte>(backlog_.front()).subspan(backlog_done_);
        const std::size_t done = execute(rest);
        if (state_ != State::attached) return true;  // and the backlog is gone
        any = any || done != 0 || executor_->advanced();
        backlog_done_ += done;
        if (done != rest.size()) break;
        backlog_bytes_ -= backlog_.front().size();
        backlog_.pop_front();
        backlog_done_ = 0;
        link_->acknowledge_if_due();
    }
    return any;
}

void Session::advance(Clock::time_point now) {
    while (executor_ != nullptr && state_ == State::attached) {
        if (ring_ != nullptr) {
            (void)look();
        } else {
            poll_soon_ = executor_->settle();
            if (executor_->violated()) {
                die(kLost, executor_->violation(), GrpcStatus::invalid_argument);
                break;
            }
            publish_meters();  // before the guest can know: whoever hears from it finds its work counted
        }
        if (link_->flush() == transport::Link::Io::closed && !part(now)) {
            die(kLost, "the guest closed the connection", GrpcStatus::ok);
            break;
        }
        if (executor_->detached() && !std::exchange(leaving_, true)) deadline_ = now + kClosingBound;
        if (!pump() && !(ring_ == nullptr && executor_->has_more())) break;
    }
    settle_turn(now);
    if (ring_ != nullptr && state_ == State::closing) (void)ring_->flush();
    if (link_ != nullptr && state_ != State::attached && link_->flush() == transport::Link::Io::closed) {
        if (state_ == State::greeting) drop_connection();
        if (state_ == State::closing) state_ = State::over;
    }
    const bool told = link_ != nullptr && link_->drained();
    if (told) link_->say_goodbye();
    if (state_ == State::greeting && told) drop_connection();  // a stranger that has been told off
    if (state_ == State::closing && (link_ == nullptr || told)) state_ = State::over;
    check_clock(now);
    publish_meters();
}

void Session::settle_turn(Clock::time_point now) {
    if (state_ != State::attached || executor_ == nullptr) return;
    if (turns_.draining()) {
        for (unsigned owed = turns_.drained(executor_->idle(), now); owed != 0; --owed) events_.released();
        if (turns_.held()) ++meters_[Meter::leases];
    }
    if (lanes_ != nullptr) lanes_->hold(turns_.held());
    if (wants_turn()) want_turn();
}

void Session::check_clock(Clock::time_point now) {
    if (state_ == State::listening && now >= gate_.deadline()) {
        die(kLost, "no guest came while the ticket was valid", GrpcStatus::unavailable);
    }
    if (state_ == State::greeting && now >= deadline_) drop_connection();
    check_silence(now);
    check_parted(now);
    // A guest that has said goodbye and been answered hangs up by itself: closing first would look like a
    // loss to it.
    if (state_ == State::attached && leaving_ && now >= deadline_) die(0, "", GrpcStatus::ok);
    if (state_ == State::closing && now >= deadline_) state_ = State::over;
}

void Session::publish_meters() {
    if (link_ != nullptr) {
        meters_[Meter::bytes_in] = link_->bytes_received();
        meters_[Meter::bytes_out] = link_->bytes_sent();
        if (ring_ != nullptr) {
            const Execution::Moved moved = executor_->moved();
            meters_[Meter::bytes_in] += ring_->bytes_received() + moved.in;
            meters_[Meter::bytes_out] += ring_->bytes_sent() + moved.out;
        }
    }
    meters_.publish();
}

void Session::grant() {
    if (turns_.grant()) ++meters_[Meter::leases];
    if (lanes_ != nullptr) lanes_->hold(turns_.held());
}

void Session::revoke(Clock::time_point now) {
    if (turns_.revoke(now)) events_.released();
    if (lanes_ != nullptr) lanes_->hold(turns_.held());
}

void Session::stop(int result) {
    die(result, result == 0 ? "" : "the daemon ended this session", GrpcStatus::unavailable);
}

void Session::on_guest_done() {
    const bool said_goodbye = executor_ != nullptr && executor_->detached();
    if (state_ == State::greeting)
        return link_->close(GrpcStatus::invalid_argument, "the guest sent no Hello");
    die(said_goodbye ? 0 : kLost, said_goodbye ? "" : "the guest ended its stream without detaching",
        GrpcStatus::ok);
}

void Session::on_violation(GrpcStatus status, const std::string& message) {
    if (state_ == State::greeting)
        return link_->close(status, message);  // a stranger: the session waits for its guest
    die(kLost, message, status);
}

void Session::die(int result, std::string message, GrpcStatus status) {
    if (state_ == State::closing || state_ == State::over) return;
    const bool has_guest = link_ != nullptr && state_ == State::attached;
    result_ = result;
    message_ = std::move(message);
    stop_listening();
    resumption_.drop_caller();
    state_ = has_guest ? State::closing : State::over;
    deadline_ = Clock::now() + kClosingBound;
    if (executor_ != nullptr) executor_->abandon();
    backlog_.clear();
    backlog_bytes_ = 0;
    if (!has_guest) return;
    if (executor_ != nullptr) executor_->flush();  // what has been answered is still the guest's
    if (result != 0 && executor_ != nullptr) link_->send_farewell(result, message_);
    link_->close(status, message_);
}

std::size_t Session::unsent() const {
    return (link_ != nullptr ? link_->held() : 0) + (ring_ != nullptr ? ring_->held() : 0);
}

void Session::send_replies(transport::OutBuffer replies) { send_replies(std::move(replies), {}, nullptr, 0); }

void Session::send_replies(transport::OutBuffer replies, std::span<const std::byte> body,
                           transport::BodyOwner* owner, std::uint32_t token) {
    if (ring_ == nullptr) return link_->send_batch(std::move(replies), body, owner, token);
    const std::size_t padding = wire::align_up(body.size(), wire::kRecordAlignment) - body.size();
    ring_->send({std::move(replies), body, padding, owner, token});
}

transport::OutBuffer Session::take_buffer() {
    return ring_ != nullptr ? ring_->take_buffer() : link_->take_buffer();
}

// The largest reply that travels in one piece.
std::size_t Session::whole_reply() const {
    constexpr std::size_t kLandingHead = sizeof(wire::ReplyHeader) + 2 * sizeof(std::uint64_t);
    return ring_ != nullptr ? ring_->whole() : kLandingHead + kSlotSize;
}

}  // namespace engine
