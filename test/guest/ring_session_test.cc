// A session on the ring against a host in this process: threads that append, wait and copy at once, rings so
// small that everybody waits for room, and ends that come while threads wait.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "session.h"
#include "unit.h"
#include "wire/codec.h"
#include "wire/limits.h"

using abi::CUresult;
using unit::Bytes;

namespace {

constexpr std::size_t kMessageLimit = std::size_t{64} << 20;

// The host's end: executes in order, answers what wants an answer, and sleeps whenever it finds nothing.
class Host {
public:
    Host(std::uint64_t command_bytes, std::uint64_t reply_bytes) {
        offer.offered = true;
        offer.command_bytes = command_bytes;
        offer.reply_bytes = reply_bytes;
        offer.fence_count = 512;
        const auto places = wire::ring_places(offer.fence_count, command_bytes, reply_bytes);
        memory = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        CHECK(ftruncate(memory, static_cast<off_t>(places.arena)) == 0);
        CHECK(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
        host_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        guest_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    // A session that has taken the offer up; never freed, as in a guest.
    guest::Session& attach(const guest::Settings& settings = {}) {
        auto* session = new guest::Session(settings, kMessageLimit);
        const int passed[] = {dup(memory), dup(host_bell), dup(guest_bell)};
        CHECK(session->ring.open(offer, passed, 0, kMessageLimit) == nullptr);
        session->lane.open_ring(session->ring.commands());
        // The guest's own mapping, so that ThreadSanitizer sees one end order what the other does.
        const auto places = wire::ring_places(offer.fence_count, offer.command_bytes, offer.reply_bytes);
        // SAFETY: the mapping is writable and laid out as ring.h says; the guest's view of it is read-only.
        page = const_cast<wire::SharedPage*>(&session->ring.page());
        auto* bytes = reinterpret_cast<std::byte*>(page);
        commands.open(&page->commands, bytes + places.commands, offer.command_bytes, kMessageLimit);
        replies = wire::RingWriter(&page->replies, bytes + places.replies, offer.reply_bytes);
        commands.offer_order();
        if (wire::register_for_barriers()) session->lane.stop_fencing();
        CHECK(session->start());
        return *session;
    }

    void serve() {
        std::span<const std::byte> run;
        while (!stopping.load()) {
            const std::uint64_t before = commands.consumed();
            const auto state = commands.next(run);
            if (state == wire::RingReader::State::broken) return CHECK(!"an honest guest");
            if (state == wire::RingReader::State::run) {
                execute(run);
                commands.done(run.size());
            }
            if (commands.consumed() != before && commands.must_ring()) ring_guest();
            if (state == wire::RingReader::State::empty) sleep();
        }
    }

    guest::RingOffer offer;
    wire::SharedPage* page = nullptr;
    int memory = -1;
    int host_bell = -1;
    int guest_bell = -1;
    std::atomic<bool> stopping{false};
    std::map<std::uint16_t, std::uint64_t> executed;  // by guest thread

private:
    void execute(std::span<const std::byte> run) {
        while (!run.empty()) {
            wire::RecordHeader header;
            std::memcpy(&header, run.data(), sizeof header);
            CHECK(header.size >= sizeof header && header.size <= run.size());
            wire::Cursor cursor(run.subspan(sizeof header, header.size - sizeof header));
            wire::cuMemcpyHtoDAsync_v2_Request request;
            const bool good = decode(cursor, request) && request.dst == executed[header.thread]++;
            CHECK(good);
            CHECK(request.data.empty() || request.data.back() == static_cast<std::byte>(request.dst));
            if (header.ticket != 0) answer(header, request.data);
            run = run.subspan(header.size);
        }
    }
    // The bytes come back as a landing, then the result.
    void answer(const wire::RecordHeader& header, std::span<const std::byte> data) {
        Bytes reply(sizeof(wire::ReplyHeader) + 16 + wire::align_up(data.size(), 8));
        wire::ReplyHeader head{};
        head.size = static_cast<std::uint32_t>(reply.size());
        head.kind = static_cast<std::uint16_t>(wire::ReplyKind::landing);
        head.ticket = header.ticket;
        std::memcpy(reply.data(), &head, sizeof head);
        wire::Writer writer(reply.data() + sizeof head);
        writer.scalar(std::uint64_t{0});
        writer.bytes(data);
        publish(reply);
        head.size = sizeof head;
        head.kind = static_cast<std::uint16_t>(wire::ReplyKind::result);
        reply.resize(sizeof head);
        std::memcpy(reply.data(), &head, sizeof head);
        publish(reply);
    }
    void publish(std::span<const std::byte> reply) {
        const bool large = reply.size() > replies.whole();
        while (!reply.empty() && !stopping.load()) {
            if (large) {
                reply = reply.subspan(replies.publish_pieces(reply));
            } else if (std::byte* at = replies.reserve(reply.size())) {
                std::memcpy(at, reply.data(), reply.size());
                replies.publish(reply.size());
                reply = {};
            }
            if (replies.must_ring()) ring_guest();
            if (!reply.empty() && replies.begin_wait()) await_bell();
        }
    }
    void ring_guest() {
        const std::uint64_t one = 1;
        CHECK(write(guest_bell, &one, sizeof one) == sizeof one);
    }
    void sleep() {
        if (!commands.begin_sleep()) return;
        await_bell();
        commands.end_sleep();
    }
    void await_bell() {
        pollfd entry{host_bell, POLLIN, 0};
        CHECK(poll(&entry, 1, 60'000) == 1);
        std::uint64_t rings = 0;
        [[maybe_unused]] const ssize_t count = read(host_bell, &rings, sizeof rings);
    }

    wire::RingReader commands;
    wire::RingWriter replies;
};

// One thread of the program: posts of all sizes, and now and then one whose bytes come back.
void work(guest::Session& session, std::uint16_t thread, int calls, std::size_t largest) {
    unit::Random random(thread);
    for (int number = 0; number < calls; ++number) {
        const std::size_t size = random.below(random.below(20) == 0 ? largest : 200);
        const Bytes data(size, static_cast<std::byte>(number));
        const wire::cuMemcpyHtoDAsync_v2_Request request{.dst = static_cast<std::uint64_t>(number),
                                                         .data = data};
        wire::RecordHeader header{};
        header.thread = thread;
        if (random.below(10) != 0) {
            CHECK(session.appended(session.append(request, header)) == abi::CUDA_SUCCESS);
            continue;
        }
        Bytes landed(size);
        guest::Slot* slot = session.replies.take_slot();
        slot->landing = landed.data();
        slot->landing_size = size;
        header.ticket = slot->ticket();
        header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
        CHECK(session.append(request, header) == guest::Appended::open);
        const std::uint64_t waits = session.ring.page().guest_waits.load();
        CHECK(session.wait(*slot) == abi::CUDA_SUCCESS);
        CHECK(session.ring.page().guest_waits.load() != waits);  // the host is told not to be patient
        session.replies.free_slot(slot);
        CHECK(landed == data);
    }
}

void stop(Host& host, guest::Session& session, std::thread& serving) {
    host.stopping.store(true);
    session.ring.ring_host();
    serving.join();
    session.end(abi::CUDA_ERROR_DEINITIALIZED, nullptr);
}

void run_threads(std::uint64_t command_bytes, std::uint64_t reply_bytes, int calls, bool random_bells) {
    calls *= static_cast<int>(unit::scale());
    Host host(command_bytes, reply_bytes);
    guest::Settings settings;
    settings.random_seal = random_bells;
    settings.random_seed = 3;
    settings.spin_ns = random_bells ? 0 : 50'000;
    guest::Session& session = host.attach(settings);
    std::thread serving([&] { host.serve(); });
    constexpr std::uint16_t kThreads = 4;
    // Long enough alone that the lane's lock is this thread's when the others come.
    constexpr int kAlone = 1000;
    work(session, kThreads + 2, kAlone, 100);
    std::vector<std::thread> threads;
    for (std::uint16_t thread = 1; thread <= kThreads; ++thread) {
        threads.emplace_back([&session, thread, calls] { work(session, thread, calls, 100'000); });
    }
    for (std::thread& thread : threads) thread.join();
    // A last wait, so that everything has been executed.
    work(session, kThreads + 1, 100, 100);
    stop(host, session, serving);
    for (std::uint16_t thread = 1; thread <= kThreads; ++thread) {
        CHECK(host.executed[thread] == static_cast<std::uint64_t>(calls));
    }
    CHECK(session.lane.records() == static_cast<std::uint64_t>(kThreads) * calls + kAlone + 100);
}

// Fills the ring of a host that does nothing until somebody waits for room, and answers what became of it.
CUresult fill(guest::Session& session) {
    const Bytes data(300);
    for (;;) {
        const wire::cuMemcpyHtoDAsync_v2_Request request{.dst = 0, .data = data};
        const CUresult result = session.appended(session.append(request, {}));
        if (result != abi::CUDA_SUCCESS) return result;
    }
}

}  // namespace

TEST("threads of one session share tiny rings, and every byte comes back") {
    run_threads(4096, 4096, 2000, false);
}

TEST("threads of one session share rings with doorbells at random") { run_threads(8192, 65536, 2000, true); }

TEST("threads of one session share large rings") { run_threads(8 << 20, 4 << 20, 5000, false); }

TEST("a session that ends while threads wait for room and for replies lets all of them go") {
    Host host(4096, 4096);
    guest::Session& session = host.attach();
    std::vector<std::thread> threads;
    for (int count = 0; count < 3; ++count) {
        threads.emplace_back([&] { CHECK(fill(session) == abi::CUDA_ERROR_UNKNOWN); });
    }
    guest::Slot* slot = session.replies.take_slot();
    threads.emplace_back([&] { CHECK(session.wait(*slot) == abi::CUDA_ERROR_UNKNOWN); });
    while (session.back_pressure_waits() < 3) std::this_thread::yield();
    usleep(1000);
    session.end(abi::CUDA_ERROR_UNKNOWN, nullptr);
    for (std::thread& thread : threads) thread.join();
}

TEST("a host that writes nonsense ends the session, and no memory is touched by it") {
    for (const std::uint64_t tail : {std::uint64_t{4}, std::uint64_t{1} << 40, ~std::uint64_t{7}}) {
        Host host(4096, 4096);
        guest::Session& session = host.attach();
        guest::Slot* slot = session.replies.take_slot();
        host.page->replies.tail.store(tail);
        CHECK(session.wait(*slot) == abi::CUDA_ERROR_UNKNOWN);
    }
}

TEST("a host that lies about what it has read ends the session of threads that wait for room") {
    for (const bool backwards : {false, true}) {
        Host host(4096, 4096);
        guest::Session& session = host.attach();
        const Bytes data(300);
        const wire::cuMemcpyHtoDAsync_v2_Request request{.dst = 0, .data = data};
        const auto append = [&](int count) {
            for (; count != 0; --count) CHECK(session.append(request, {}) == guest::Appended::open);
        };
        append(10);
        if (backwards) {
            // Read once, so that the guest has seen it, and then not.
            host.page->commands.head.store(session.lane.ring_bytes());
            append(4);
            host.page->commands.head.store(8);
        } else {
            host.page->commands.head.store(std::uint64_t{1} << 50);
        }
        std::vector<std::thread> threads;
        for (int count = 0; count < 3; ++count) {
            threads.emplace_back([&] { CHECK(fill(session) == abi::CUDA_ERROR_UNKNOWN); });
        }
        for (std::thread& thread : threads) thread.join();
    }
}

TEST("an offer that cannot be is refused") {
    const auto refused = [](auto&& change) {
        Host host(4096, 4096);
        change(host);
        guest::RingCarrier ring;
        const int passed[] = {dup(host.memory), dup(host.host_bell), dup(host.guest_bell)};
        return ring.open(host.offer, passed, 0, kMessageLimit) != nullptr && !ring.is_open();
    };
    CHECK(refused([](Host& host) { host.offer.command_bytes = 4097; }));
    CHECK(refused([](Host& host) { host.offer.reply_bytes = 0; }));
    CHECK(refused([](Host& host) { host.offer.command_bytes = 8 << 20; }));
    CHECK(refused([](Host& host) { host.offer.arena_bytes = 4096; }));
    CHECK(refused([](Host& host) { host.offer.fence_count = 1 << 30; }));
    CHECK(refused([](Host& host) { host.host_bell = -1; }));
    CHECK(refused([](Host& host) {
        host.memory = memfd_create("soft", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        CHECK(ftruncate(host.memory, 1 << 20) == 0);
    }));
    CHECK(!refused([](Host&) {}));
}
