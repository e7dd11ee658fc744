// Handles, regions, replies, snapshot and kernel metadata: the tables a session answers from, and what a
// lying host can do to them.
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "handles.h"
#include "kernel_metadata.h"
#include "regions.h"
#include "replies.h"
#include "snapshot.h"
#include "unit.h"
#include "wire/cursor.h"

namespace {

using unit::Bytes;

Bytes reply(wire::ReplyKind kind, std::uint32_t ticket, std::span<const std::byte> payload, int result = 0) {
    Bytes bytes(sizeof(wire::ReplyHeader) + wire::align_up(payload.size(), 8));
    const wire::ReplyHeader header{static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint16_t>(kind),
                                   0, ticket, result};
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(bytes.data() + sizeof header, payload.data(), payload.size());
    return bytes;
}

Bytes landing(std::uint64_t offset, std::size_t size) {
    Bytes payload(16 + wire::align_up(size, 8));
    wire::Writer writer(payload.data());
    writer.scalar(offset);
    writer.bytes(Bytes(size, std::byte{9}));
    return payload;
}

guest::Snapshot snapshot_of(std::size_t devices) {
    guest::Snapshot snapshot;
    snapshot.host_device_count = devices;
    for (std::size_t index = 0; index < devices; ++index) {
        std::memset(snapshot.host_devices[index].uuid.bytes, static_cast<int>(0x10 * (index + 1)), 16);
    }
    return snapshot;
}

std::string visible(const char* text) {
    const auto snapshot = std::make_unique<guest::Snapshot>(snapshot_of(3));
    guest::apply_visible_devices(*snapshot, text);
    std::string order;
    for (std::size_t index = 0; index < snapshot->visible_count; ++index)
        order += std::to_string(snapshot->visible[index]);
    return order;
}

}  // namespace

TEST("a handle is known until it is removed, and its successor at the same index is another one") {
    const auto handles = std::make_unique<guest::Handles>();
    int object = 0;
    const wire::Handle first = handles->create(wire::HandleKind::event, &object);
    CHECK(handles->find(wire::HandleKind::event, first) == &object);
    CHECK(handles->find(wire::HandleKind::stream, first) == nullptr);
    CHECK(handles->remove(wire::HandleKind::event, first) == &object);
    CHECK(handles->remove(wire::HandleKind::event, first) == nullptr);
    const wire::Handle second = handles->create(wire::HandleKind::event, &object);
    CHECK(second.index() == first.index() && second.generation() != first.generation());
    CHECK(handles->find(wire::HandleKind::event, first) == nullptr);
    CHECK(handles->find(wire::HandleKind::event, wire::Handle{~std::uint64_t{0}}) == nullptr);
    CHECK(handles->find(wire::HandleKind::event, wire::Handle{0}) == nullptr);
}

TEST("of many threads that remove one handle a single one gets the object") {
    const auto handles = std::make_unique<guest::Handles>();
    for (int round = 0; round < 200; ++round) {
        int object = 0;
        const wire::Handle handle = handles->create(wire::HandleKind::stream, &object);
        std::atomic<int> winners{0};
        std::vector<std::thread> threads;
        for (int index = 0; index < 4; ++index) {
            threads.emplace_back([&] {
                if (handles->remove(wire::HandleKind::stream, handle) != nullptr) ++winners;
            });
        }
        for (auto& thread : threads) thread.join();
        CHECK(winners == 1);
    }
}

TEST("the region table finds, refuses overlaps and wraps, and forgets") {
    guest::Regions regions;
    guest::Context context;
    const auto region = [&](std::uint64_t start, std::uint64_t size) {
        return guest::Region{start, size, guest::RegionKind::device, &context, 0, 0};
    };
    CHECK(regions.add(region(1000, 100)));
    CHECK(!regions.add(region(1099, 1)) && !regions.add(region(900, 101)) && !regions.add(region(0, 5000)));
    CHECK(!regions.add(region(~std::uint64_t{0}, 2)) && !regions.add(region(5, 0)));
    CHECK(regions.add(region(1100, 1)) && regions.add(region(999, 1)));
    guest::Region found;
    CHECK(regions.find(1099, found) && found.start == 1000 && !regions.find(1101, found) &&
          !regions.find(0, found));
    CHECK(!regions.remove(1001, guest::RegionKind::device, found));
    CHECK(regions.remove(1000, guest::RegionKind::device, found) && !regions.find(1050, found));
    regions.remove_of(&context);
    CHECK(!regions.find(1100, found));
}

TEST("a landing goes where its ticket says, and nowhere else") {
    const auto replies = std::make_unique<guest::Replies>();
    std::byte memory[32] = {};
    guest::Slot* slot = replies->take_slot();
    slot->landing = memory + 8;
    slot->landing_size = 16;
    CHECK(replies->read(reply(wire::ReplyKind::landing, slot->ticket(), landing(4, 12))) == nullptr);
    CHECK(memory[11] == std::byte{0} && memory[12] == std::byte{9} && memory[24] == std::byte{0});
    CHECK(replies->read(reply(wire::ReplyKind::landing, slot->ticket(), landing(5, 12))) != nullptr);
    CHECK(replies->read(reply(wire::ReplyKind::landing, slot->ticket(), landing(~std::uint64_t{0}, 8))) !=
          nullptr);
    CHECK(replies->read(reply(wire::ReplyKind::result, slot->ticket(), {}, 7)) == nullptr);
    CHECK(slot->done && slot->result == 7);
    CHECK(replies->read(reply(wire::ReplyKind::result, slot->ticket(), {})) != nullptr);
}

TEST("replies that were not asked for, cut short or unknown end the session") {
    const auto replies = std::make_unique<guest::Replies>();
    CHECK(replies->read(reply(wire::ReplyKind::result, 12345, {})) != nullptr);
    CHECK(replies->read(reply(static_cast<wire::ReplyKind>(9), 0, {})) != nullptr);
    CHECK(replies->read(Bytes(15)) != nullptr && replies->read(Bytes(16)) != nullptr);
    unit::Random random(3);
    guest::Slot* slot = replies->take_slot();
    std::byte memory[16];
    slot->landing = memory;
    slot->landing_size = sizeof memory;
    const Bytes good = reply(wire::ReplyKind::landing, slot->ticket(), landing(0, 16));
    for (int round = 0; round < 20000; ++round) {
        Bytes altered = good;
        altered.resize(random.below(good.size()) + 1);
        altered[random.below(altered.size())] = static_cast<std::byte>(random.next());
        if (altered.size() > 4 && altered[4] == std::byte{3}) continue;  // device output would be printed
        replies->read(altered);
    }
}

TEST("a landing nobody waits for reports its error once and frees its ticket") {
    const auto replies = std::make_unique<guest::Replies>();
    std::byte memory[16];
    guest::Slot* slot = replies->take_slot();
    slot->landing = memory;
    slot->landing_size = sizeof memory;
    slot->stream = wire::Handle{42};
    replies->detach(slot);
    wire::Handle stream;
    CHECK(replies->landing_pending(memory + 15, 4, stream) && stream.value == 42);
    CHECK(!replies->landing_pending(memory + 16, 4, stream));
    CHECK(replies->read(reply(wire::ReplyKind::result, slot->ticket(), {}, 700)) == nullptr);
    CHECK(replies->detached_count() == 0 && !replies->landing_pending(memory, 16, stream));
    CHECK(replies->take_late_error() == 700 && replies->take_late_error() == 0);
}

TEST("CUDA_VISIBLE_DEVICES chooses and orders, up to the first entry that names nothing new") {
    CHECK(visible(nullptr) == "012" && visible("") == "" && visible("-1") == "");
    CHECK(visible("2,0") == "20" && visible(" 1 , 2 ") == "12" && visible("1,7,0") == "1" &&
          visible("1,1,0") == "1");
    CHECK(visible("GPU-2020") == "1" && visible("gpu-30303030-3030,0") == "20" && visible("GPU-") == "");
    CHECK(visible("no-such-device") == "" && visible("0,x") == "0");
}

TEST("kernel metadata of a lying host is refused, whatever it says") {
    Bytes bytes(4096);
    wire::Writer writer(bytes.data());
    writer.scalar(std::uint32_t{1});
    writer.bytes(std::as_bytes(std::span("kernel", 7)));
    for (int attribute = 0; attribute < 16; ++attribute) writer.scalar(std::int32_t{attribute});
    writer.scalar(std::uint32_t{2});
    for (const std::uint32_t number : {0u, 8u, 8u, 4u}) writer.scalar(number);
    writer.pad_to(8);
    bytes.resize(writer.size());
    guest::Image image;
    CHECK(guest::read_kernels(bytes, image) && image.kernels.size() == 1);
    CHECK(image.kernels[0]->name == "kernel" && image.kernels[0]->parameter_bytes == 12);
    CHECK(image.kernels[0]->attributes[15] == 15);
    unit::Random random(4);
    for (int round = 0; round < 20000; ++round) {
        Bytes altered = bytes;
        altered.resize(random.below(bytes.size()) + 1);
        altered[random.below(altered.size())] = static_cast<std::byte>(random.next());
        guest::Image other;
        guest::read_kernels(altered, other);
    }
}
