// Lanes of GL: contexts, further lanes of one process, what they owe each other, and every way they end.
#include <string>
#include <vector>

#include "fake_gl.h"

namespace {

using fake::Batch;
using fake::GlLane;
using fake::no_gl;
using fake::Worker;

TEST(a_lane_has_a_context_and_says_what_it_can_do) {
    if (no_gl()) return;
    Worker worker;
    GlLane lane(worker);
    const auto reply = lane.ask(wire::gl_context_create_Request{.group = 1, .profile = 1});
    CHECK_EQUAL(reply.header.result, 0);
    const auto made = fake::read_payload<wire::gl_context_create_Reply>(reply);
    CHECK_EQUAL(made.profile, 1u);
    CHECK(made.major >= 3);
    CHECK(made.message.empty());
    // Names, counts and values, without a gap.
    std::size_t limits = 0;
    for (auto rest = made.values; rest.size() >= 16; ++limits) {
        std::uint32_t head[4];
        std::memcpy(head, rest.data(), sizeof head);
        CHECK(head[1] <= 2);
        const std::size_t size = wire::align_up(16 + head[2] * (head[1] == 1 ? 8 : 4), 8);
        CHECK(size <= rest.size());
        rest = rest.subspan(std::min(size, rest.size()));
    }
    CHECK(limits > 50);
    CHECK_EQUAL(lane.error(), 0u);
    CHECK_EQUAL(lane.ask(wire::session_detach_Request{}).header.result, 0);
    CHECK_EQUAL(worker.events.wait_for("ended"), std::string("ended 0 "));
}

TEST(contexts_of_every_profile_are_made_and_a_version_that_is_not_there_is_refused) {
    if (no_gl()) return;
    for (const std::uint32_t profile : {0u, 1u, 2u, 3u}) {
        Worker worker;
        GlLane lane(worker);
        CHECK(lane.create(1, profile));
    }
    Worker worker;
    GlLane lane(worker);
    const auto reply =
        lane.ask(wire::gl_context_create_Request{.group = 1, .profile = 1, .major = 9, .minor = 9});
    CHECK_EQUAL(reply.header.result, 1);
    CHECK(!fake::read_payload<wire::gl_context_create_Reply>(reply).message.empty());
    lane.say(wire::gl_drawable_gone_Request{.drawable = 1});  // another lane's, which ends where it can
    CHECK(lane.create());                                     // the lane goes on
}

TEST(a_record_before_the_context_or_a_second_context_ends_the_session) {
    if (no_gl()) return;
    {
        Worker worker;
        GlLane lane(worker);
        lane.say(wire::gl_error_Request{});
        CHECK(worker.events.wait_for("ended").starts_with("ended 999 a record of GL before"));
    }
    Worker worker;
    GlLane lane(worker);
    CHECK(lane.create());
    lane.say(wire::gl_context_create_Request{.group = 1});
    CHECK(worker.events.wait_for("ended").starts_with("ended 999 a lane has one context"));
}

TEST(records_of_cuda_are_unknown_to_a_lane_of_gl) {
    Worker worker;
    GlLane lane(worker);
    lane.say(wire::cuCtxSynchronize_Request{});
    CHECK(worker.events.wait_for("ended").starts_with("ended 999 unknown record cuCtxSynchronize"));
}

TEST(a_lane_waits_until_another_one_has_come_so_far) {
    Worker worker;
    GlLane first(worker);
    std::uint32_t number = 0;
    const auto second = first.open_lane(&number);
    CHECK_EQUAL(number, 2u);
    if (second == nullptr) return;
    // The first lane has executed one record, its gl_open_lane.
    second->send(Batch()
                     .add(wire::gl_await_Request{.lane = 1, .position = 1}, {.context = 0})
                     .add(wire::gl_open_lane_Request{}, {.ticket = 1, .context = 0}));
    CHECK_EQUAL(second->ring->reply_to(1).header.result, 0);
    second->send(Batch()
                     .add(wire::gl_await_Request{.lane = 1, .position = 100}, {.context = 0})
                     .add(wire::session_thread_exit_Request{}, {.ticket = 2, .context = 0}));
    for (int record = 0; record < 98; ++record) first.say(wire::session_thread_exit_Request{});
    CHECK_EQUAL(first.ask(wire::session_thread_exit_Request{}).header.kind, 1);
    CHECK_EQUAL(second->ring->reply_to(2).header.kind, 1);
}

TEST(two_lanes_that_await_each_other_by_turns_keep_their_order) {
    Worker worker;
    GlLane first(worker);
    const auto second = first.open_lane();
    if (second == nullptr) return;
    constexpr std::uint64_t kTurns = 200;
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
        // Lane 1 has one record more than it awaits of lane 2, and the other way round.
        first.say(wire::gl_await_Request{.lane = 2, .position = turn});
        second->say(wire::gl_await_Request{.lane = 1, .position = turn + 2});
    }
    CHECK_EQUAL(first.ask(wire::gl_await_Request{.lane = 2, .position = kTurns}).header.result, 0);
    CHECK_EQUAL(second->ask(wire::session_thread_exit_Request{}).header.result, 0);
}

TEST(a_lane_that_has_ended_has_executed_everything) {
    Worker worker;
    GlLane first(worker);
    auto second = first.open_lane();
    if (second == nullptr) return;
    first.send(Batch()
                   .add(wire::gl_await_Request{.lane = 2, .position = 1000}, {.context = 0})
                   .add(wire::session_thread_exit_Request{}, {.ticket = 50, .context = 0}));
    second.reset();
    CHECK_EQUAL(first.ring->reply_to(50).header.result, 0);
    CHECK(first.open_lane() != nullptr);  // the others go on
}

TEST(a_lane_that_never_was_cannot_be_awaited) {
    Worker worker;
    GlLane lane(worker);
    lane.say(wire::gl_await_Request{.lane = 7, .position = 0});
    CHECK(worker.events.wait_for("ended").starts_with("ended 999 a lane waits for one that never was"));
}

TEST(the_end_of_the_first_lane_ends_all) {
    Worker worker;
    std::unique_ptr<GlLane> second;
    {
        GlLane first(worker);
        second = first.open_lane();
        if (second == nullptr) return;
        CHECK_EQUAL(second->ask(wire::session_thread_exit_Request{}).header.result, 0);
    }
    CHECK(worker.events.wait_for("ended").starts_with("ended 999"));
    CHECK(second->guest.until([&] { return !second->guest.client->open; }));
}

TEST(lanes_share_the_turn_of_the_first_one) {
    Worker worker;
    GlLane first(worker);
    const auto second = first.open_lane();
    if (second == nullptr) return;
    worker.engine->revoke();
    CHECK(!worker.events.wait_for("released").empty());
    second->send(Batch().add(wire::session_thread_exit_Request{}, {.ticket = 9, .context = 0}));
    CHECK(!worker.events.wait_for("wants").empty());
    CHECK(second->ring->replies.empty());
    worker.engine->grant(10);
    CHECK_EQUAL(second->ring->reply_to(9).header.kind, 1);
    CHECK_EQUAL(worker.meter(engine::Meter::records), 2u);
}

TEST(no_more_lanes_than_the_limit_are_opened) {
    Worker worker;
    GlLane first(worker);
    std::vector<std::unique_ptr<GlLane>> lanes;
    for (std::uint64_t lane = 1; lane < wire::limits::kGlLanes; ++lane) lanes.push_back(first.open_lane());
    CHECK_EQUAL(first.ask(wire::gl_open_lane_Request{}).header.result, 1);
    lanes.pop_back();
    // The end of a lane is heard of a little later.
    bool again = false;
    for (int attempt = 0; attempt < 500 && !again; ++attempt) {
        again = first.ask(wire::gl_open_lane_Request{}).header.result == 0;
    }
    CHECK(again);
}

}  // namespace
