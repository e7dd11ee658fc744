// HandleTable: names are bound once, stale ones find nothing, and a parent takes its dependants along.
#include "engine/handles.h"

#include <vector>

#include "check.h"
#include "engine/limits.h"

namespace {

using engine::Bound;
using engine::HandleTable;
using wire::Handle;
using wire::HandleKind;

int objects[64];

Handle make(HandleKind kind, std::uint32_t index, std::uint16_t generation = 1) {
    return Handle::make(kind, generation, index);
}

TEST(a_bound_handle_finds_its_object_and_nothing_else_does) {
    HandleTable table;
    CHECK(table.bind(HandleKind::stream, make(HandleKind::stream, 5), &objects[0], {}) == Bound::ok);
    CHECK(table.find(HandleKind::stream, make(HandleKind::stream, 5)) == &objects[0]);
    CHECK(table.find(HandleKind::event, make(HandleKind::stream, 5)) == nullptr);
    CHECK(table.find(HandleKind::stream, make(HandleKind::stream, 5, 2)) == nullptr);
    CHECK(table.find(HandleKind::stream, make(HandleKind::stream, 4)) == nullptr);
    CHECK(table.find(HandleKind::stream, Handle{~std::uint64_t{0}}) == nullptr);
    CHECK(table.find(HandleKind::stream, Handle{0}) == nullptr);
}

TEST(impossible_names_are_refused) {
    HandleTable table;
    const auto stream = HandleKind::stream;
    CHECK(table.bind(stream, make(stream, 0), &objects[0], {}) == Bound::malformed);
    CHECK(table.bind(stream, make(stream, 1, 0), &objects[0], {}) == Bound::malformed);
    CHECK(table.bind(stream, make(HandleKind::event, 1), &objects[0], {}) == Bound::malformed);
    CHECK(table.bind(stream, make(stream, engine::kMaxStreams + 1), &objects[0], {}) == Bound::malformed);
    CHECK(table.bind(stream, make(stream, 0xFFFFFFFF), &objects[0], {}) == Bound::malformed);
    CHECK(table.bind(stream, make(stream, 1), &objects[0], make(HandleKind::context, 1)) == Bound::malformed);
    CHECK(table.bind(stream, make(stream, engine::kMaxStreams), &objects[0], {}) == Bound::ok);
    CHECK(table.bind(stream, make(stream, engine::kMaxStreams, 2), &objects[1], {}) == Bound::taken);
    CHECK(table.bind(static_cast<HandleKind>(200),
                     Handle{wire::kHandleTag << 56 | std::uint64_t{200} << 48 | 1}, &objects[0],
                     {}) == Bound::malformed);
}

TEST(an_index_is_free_again_under_a_new_generation) {
    HandleTable table;
    const auto event = HandleKind::event;
    CHECK(table.bind(event, make(event, 3), &objects[0], {}) == Bound::ok);
    table.forget(make(event, 3), [](Handle, void*) {});
    CHECK(table.find(event, make(event, 3)) == nullptr);
    CHECK(table.bind(event, make(event, 3, 2), &objects[1], {}) == Bound::ok);
    CHECK(table.find(event, make(event, 3)) == nullptr);
    CHECK(table.find(event, make(event, 3, 2)) == &objects[1]);
    CHECK_EQUAL(table.count(event), 1u);
}

TEST(forgetting_a_context_forgets_all_under_it_deepest_first) {
    HandleTable table;
    const Handle context = make(HandleKind::context, 1);
    const Handle other = make(HandleKind::context, 2);
    CHECK(table.bind(HandleKind::context, context, &objects[0], {}) == Bound::ok);
    CHECK(table.bind(HandleKind::context, other, &objects[1], {}) == Bound::ok);
    for (std::uint32_t index = 1; index <= 5; ++index) {
        CHECK(table.bind(HandleKind::stream, make(HandleKind::stream, index), &objects[index], context) ==
              Bound::ok);
    }
    CHECK(table.bind(HandleKind::stream, make(HandleKind::stream, 6), &objects[6], other) == Bound::ok);
    const Handle module = make(HandleKind::module, 1);
    CHECK(table.bind(HandleKind::module, module, &objects[7], context) == Bound::ok);
    CHECK(table.bind(HandleKind::function, make(HandleKind::function, 1), &objects[8], module) == Bound::ok);
    table.forget(make(HandleKind::stream, 3), [](Handle, void*) {});  // from the middle of the list

    std::vector<Handle> order;
    table.forget(context, [&order](Handle handle, void*) { order.push_back(handle); });
    CHECK_EQUAL(order.size(), 7u);
    CHECK(order.back() == context);
    std::size_t function_at = 0;
    std::size_t module_at = 0;
    for (std::size_t index = 0; index < order.size(); ++index) {
        if (order[index].kind() == HandleKind::function) function_at = index;
        if (order[index].kind() == HandleKind::module) module_at = index;
    }
    CHECK(function_at < module_at);
    CHECK_EQUAL(table.count(HandleKind::stream), 1u);
    CHECK_EQUAL(table.count(HandleKind::function), 0u);
    CHECK(table.find(HandleKind::stream, make(HandleKind::stream, 6)) == &objects[6]);
}

TEST(forgetting_children_keeps_the_parent) {
    HandleTable table;
    const Handle context = make(HandleKind::context, 1);
    CHECK(table.bind(HandleKind::context, context, &objects[0], {}) == Bound::ok);
    CHECK(table.bind(HandleKind::stream, make(HandleKind::stream, 1), &objects[1], context) == Bound::ok);
    table.forget_children(context, [](Handle, void*) {});
    CHECK(table.find(HandleKind::context, context) == &objects[0]);
    CHECK_EQUAL(table.count(HandleKind::stream), 0u);
    CHECK(table.at(HandleKind::context, 1) == context);
    CHECK(table.at(HandleKind::context, 77).value == 0);
}

}  // namespace
