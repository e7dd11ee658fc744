// See query_results.h.
#include "gl/query_results.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "gl/enums.h"
#include "gl/runtime.h"

namespace guest::gl {
namespace {

std::uint64_t place_of(GLenum target, GLuint index) { return std::uint64_t{target} << 32 | index; }

// Records sent behind a question before its answer is waited for: a program that draws until the answer comes
// would fill the lane.
constexpr std::uint64_t kFarAhead = 4096;

// Whether it is there, and what it is where it is; false for an answer that is none.
template <class Reply, class T>
bool read_answer(std::span<const std::byte> answer, bool& is_there, GLuint64& value) {
    wire::Cursor cursor(answer);
    Reply reply;
    T values[2]{};
    if (!decode(cursor, reply) || reply.params.size() < sizeof(T)) return false;
    std::memcpy(values, reply.params.data(), std::min(sizeof values, reply.params.size()));
    is_there = values[0] != 0 && reply.params.size() >= sizeof values;
    value = values[1];
    return true;
}

bool read_answer(const Context& context, std::span<const std::byte> answer, bool& is_there, GLuint64& value) {
    if (context.facts().is_es())
        return read_answer<wire::glGetQueryObjectuiv_Reply, GLuint>(answer, is_there, value);
    return read_answer<wire::glGetQueryObjectui64v_Reply, GLuint64>(answer, is_there, value);
}

// Calls use(request) with the question in the words that the context's version has.
template <class Use>
auto with_question(const Context& context, GLuint query, GLenum name, Use&& use) {
    constexpr std::uint8_t kReply = 1;
    if (context.facts().is_es()) {
        return use(wire::glGetQueryObjectuiv_Request{.id = query, .pname = name, .params_from = kReply});
    }
    return use(wire::glGetQueryObjectui64v_Request{.id = query, .pname = name, .params_from = kReply});
}

}  // namespace

void QueryResults::drop(Query& query) {
    if (query.coming != nullptr) orphans_.push_back(std::move(query.coming));
}

void QueryResults::begin(GLenum target, GLuint index, GLuint query) {
    forget(query);
    active_[place_of(target, index)] = query;
}

void QueryResults::end(GLenum target, GLuint index, std::uint64_t position) {
    const auto found = active_.find(place_of(target, index));
    if (found == active_.end()) return;
    count(found->second, position);
    active_.erase(found);
}

void QueryResults::count(GLuint query, std::uint64_t position) {
    forget(query);
    queries_[query].ended = position;
}

void QueryResults::forget(GLuint query) {
    const auto found = queries_.find(query);
    if (found == queries_.end()) return;
    drop(found->second);
    queries_.erase(found);
}

void QueryResults::reap(GlLane& lane) {
    std::erase_if(orphans_, [&](const std::unique_ptr<Asked>& asked) {
        if (!asked->slot->done.load(std::memory_order_acquire)) return false;
        lane.replies.free_slot(asked->slot);
        return true;
    });
}

void QueryResults::finish(GlLane& lane) {
    for (auto& [name, query] : queries_) drop(query);
    queries_.clear();
    for (const std::unique_ptr<Asked>& asked : orphans_) {
        (void)lane.wait_patiently(*asked->slot);
        lane.replies.free_slot(asked->slot);
    }
    orphans_.clear();
}

// Sends the question, of which the answer lands. False: it cannot.
bool QueryResults::ask(Context& context, GLuint name, Query& query) {
    GlLane& lane = context.lane();
    auto asked = std::make_unique<Asked>();
    asked->slot = lane.replies.take_slot();
    if (asked->slot == nullptr) return false;
    asked->slot->payload = &asked->answer;
    wire::RecordHeader header{};
    header.ticket = asked->slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const Appended how = with_question(context, name, GL_QUERY_RESULT_AVAILABLE,
                                       [&](const auto& request) { return lane.append(request, header); });
    if (how == Appended::no_memory || how == Appended::lost) {
        lane.replies.free_slot(asked->slot);
        return false;
    }
    lane.seal();
    query.coming = std::move(asked);
    query.asked = lane.position();
    return true;
}

// Takes the answer, if it has landed.
void QueryResults::take(Context& context, Query& query) {
    GlLane& lane = context.lane();
    const bool is_far = query.coming != nullptr && lane.position() - query.asked > kFarAhead;
    if (is_far)
        (void)lane.wait(*query.coming->slot);
    else
        lane.read_arrived();
    reap(lane);
    if (query.coming == nullptr || !query.coming->slot->done.load(std::memory_order_acquire)) return;
    const std::unique_ptr<Asked> asked = std::move(query.coming);
    const auto result = static_cast<int>(asked->slot->result);
    lane.replies.free_slot(asked->slot);
    // GL has refused something, as the answer to any question may say.
    if (result != 0) context.errors().note_risk(lane.position());
    if (result == 0 || result == 2)
        (void)read_answer(context, asked->answer.bytes(), query.is_known, query.value);
}

const GLuint64* QueryResults::find(Context& context, GLuint name, bool& is_refused) {
    Query& query = queries_[name];
    if (!query.is_known) take(context, query);
    if (query.is_known) return &query.value;
    const bool has_waited = query.ended == 0 || context.waited() >= query.ended;
    const bool only_asks = query.asked == context.lane().position();
    if (!has_waited && !only_asks) {
        if (query.coming != nullptr || ask(context, name, query)) return nullptr;
    }
    const bool is_answered =
        with_question(context, name, GL_QUERY_RESULT_AVAILABLE, [&](const auto& request) {
            context.count(gl::place_of(request.kId));
            const int result = detail::exchange(context, request);
            return result != 1 && read_answer(context, context.reply().bytes(), query.is_known, query.value);
        });
    query.asked = context.lane().position();
    is_refused = !is_answered;
    return is_answered && query.is_known ? &query.value : nullptr;
}

const GLuint64* QueryResults::wait(Context& context, GLuint name) {
    Query& query = queries_[name];
    if (!query.is_known) take(context, query);
    if (query.is_known) return &query.value;
    // Asked so that the answer says both, as for one that is not waited for.
    const bool is_answered = with_question(context, name, GL_QUERY_RESULT, [&](const auto& request) {
        context.count(gl::place_of(request.kId));
        const int result = detail::exchange(context, request);
        return result != 1 && read_answer(context, context.reply().bytes(), query.is_known, query.value);
    });
    return is_answered && query.is_known ? &query.value : nullptr;
}

}  // namespace guest::gl
