// Frames in and out, with their order checked. See link.h.
#include "transport/link.h"

#include <sys/socket.h>

#include <algorithm>

#include "wire/grpc_frame.h"
#include "wire/limits.h"
#include "wire/record.h"

namespace transport {

Link::Link(UniqueFd socket, std::size_t receive_limit, LinkEvents& events)
    : events_(&events), http_(std::move(socket), receive_limit, *this) {}

bool Link::violation(const std::string& message) {
    events_->on_violation(GrpcStatus::invalid_argument, message);
    return false;
}

void Link::on_refused(GrpcStatus status, const std::string& message) {
    events_->on_violation(status, message);
}

bool Link::on_message(std::span<const std::byte> message) {
    const auto frame = read_guest_frame(message);
    if (!frame) return violation("a frame is malformed");
    if (frame->batch) return greeted_ ? batch(*frame->batch) : violation("a batch came before Hello");
    if (greeted_) return violation("a second Hello");
    greeted_ = true;
    return events_->on_hello(*frame->hello);
}

bool Link::batch(std::span<const std::byte> message) {
    wire::BatchView view;
    if (!wire::read_batch(message, view)) return violation("a batch is malformed");
    const bool only_acknowledges = view.sequence == 0 && view.records.empty();
    if (!only_acknowledges && view.sequence != received_ + 1) {
        return violation("batch " + std::to_string(view.sequence) + " came where " +
                         std::to_string(received_ + 1) + " was expected");
    }
    if (!only_acknowledges) received_ = view.sequence;
    // A batch that is sent again after a break says what was true when it was first sent.
    if (view.acknowledged > sent_) {
        return violation("batch " + std::to_string(view.sequence) + " acknowledges " +
                         std::to_string(view.acknowledged) + ", expected at most " + std::to_string(sent_));
    }
    acknowledged_ = std::max(acknowledged_, view.acknowledged);
    http_.queue().acknowledge(acknowledged_);
    if (view.callbacks_done != 0) events_->on_callbacks_done(view.callbacks_done);
    if (only_acknowledges) return true;
    received_bytes_ += message.size();
    const bool wanted = events_->on_batch(view.records);
    if (wanted) acknowledge_if_due();
    return wanted;
}

// The last batch that is done with. It never falls back behind what has been said before.
std::uint64_t Link::done() {
    done_ = std::max(done_, received_ - std::min<std::uint64_t>(events_->waiting_batches(), received_));
    return done_;
}

// A guest that queues calls without waiting hears nothing else that would let it forget them.
void Link::acknowledge_if_due() {
    if (received_bytes_ < wire::limits::kAcknowledgeBytes) return;
    const std::uint64_t before = done_;
    if (done() == before) return;
    received_bytes_ = 0;
    OutMessage message;
    message.head = take_buffer();
    const auto head = wire::make_batch_head(0, done_, 0);
    message.head.append(std::span(head.bytes).first(head.size));
    http_.send(std::move(message));
}

void Link::resume_from(Link& broken, std::uint64_t seen, LinkEvents& events) {
    events_ = &events;
    received_ = broken.received_;
    done_ = broken.done_;
    earlier_in_ = broken.bytes_received();
    earlier_out_ = broken.bytes_sent();
    sent_ = broken.sent_;
    acknowledged_ = std::max(broken.acknowledged_, seen);
    http_.queue().take_over(broken.http_.queue(), seen);
    http_.resume_sending();
}

bool Link::is_local() const {
    int domain = 0;
    socklen_t size = sizeof domain;
    return ::getsockopt(fd(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

void Link::send_welcome(const Welcome& welcome, std::span<const int> descriptors) {
    (void)http_.flush();  // so that the descriptors travel with this message and not with an earlier one
    OutMessage message;
    message.head = take_buffer();
    write_welcome(welcome, message.head);
    http_.send(std::move(message));
    http_.queue().pass(descriptors);
}

void Link::send_batch(OutBuffer replies) { send_batch(std::move(replies), {}, nullptr, 0); }

void Link::send_batch(OutBuffer replies, std::span<const std::byte> body, BodyOwner* owner,
                      std::uint32_t token) {
    OutMessage message;
    message.body = body;
    message.padding = wire::align_up(body.size(), wire::kRecordAlignment) - body.size();
    message.owner = owner;
    message.token = token;
    const std::size_t size = replies.size() + body.size() + message.padding;
    const auto head = wire::make_batch_head(++sent_, done(), size);
    replies.prepend(std::span(head.bytes).first(head.size));
    message.head = std::move(replies);
    message.sequence = sent_;
    received_bytes_ = 0;
    http_.send(std::move(message));
}

void Link::send_farewell(std::int32_t result, std::string_view text) {
    OutMessage message;
    message.head = take_buffer();
    write_farewell(result, text, message.head);
    http_.send(std::move(message));
}

void Link::close(GrpcStatus status, std::string_view message) {
    http_.queue().forget_written();  // nobody comes back after this
    http_.finish(status, message);
}

}  // namespace transport
