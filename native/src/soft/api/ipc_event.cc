// The shared page of an event: who recorded last, how many recordings there were, how many are over.
#include "soft/api/ipc_event.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>

namespace soft::driver {
namespace {

constexpr std::size_t kPage = 4096;
constexpr long kLook_ns = 50'000;

// In the shared page, which starts as zeros.
struct Counters {
    std::atomic<std::uint64_t> recorded;
    std::atomic<std::uint64_t> over;
    std::atomic<std::int32_t> recorder;  // the process of the last recording
};

struct Shared {
    Counters* counters = nullptr;
    int descriptor = -1;
    SharedFile file;
    ~Shared() {
        if (counters != nullptr) munmap(counters, kPage);
        if (descriptor >= 0) close(descriptor);
    }
};
using SharedRef = std::shared_ptr<Shared>;

std::mutex table_mutex;
std::map<std::uint64_t, SharedRef>& table() {
    static auto* events = new std::map<std::uint64_t, SharedRef>;  // by handle; outlives exit handlers
    return *events;
}

SharedRef find(const Event& event) {
    const std::lock_guard lock(table_mutex);
    const auto found = table().find(event.handle);
    return found == table().end() ? nullptr : found->second;
}

bool is_over(const Counters& counters, std::uint64_t recording) {
    if (counters.over.load(std::memory_order_acquire) >= recording) return true;
    const std::int32_t recorder = counters.recorder.load(std::memory_order_relaxed);
    return recorder != 0 && kill(recorder, 0) != 0 && errno == ESRCH;
}

}  // namespace

int open_shared(const SharedFile& file) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/fd/%d", file.process, file.descriptor);
    const int descriptor = open(path, O_RDWR | O_CLOEXEC);
    struct stat facts {};
    if (descriptor < 0) return -1;
    if (fstat(descriptor, &facts) == 0 && facts.st_ino == file.inode && S_ISREG(facts.st_mode))
        return descriptor;
    close(descriptor);
    return -1;
}

bool describe_shared(int descriptor, std::uint64_t size, SharedFile& file) {
    struct stat facts {};
    if (fstat(descriptor, &facts) != 0) return false;
    file = {getpid(), descriptor, facts.st_ino, size};
    return true;
}

bool share_event(const Event& event, const SharedFile* file) {
    auto shared = std::make_shared<Shared>();
    shared->descriptor = file != nullptr ? open_shared(*file) : memfd_create("ferry-soft-event", MFD_CLOEXEC);
    if (shared->descriptor < 0) return false;
    if (file == nullptr && ftruncate(shared->descriptor, kPage) != 0) return false;
    void* const page =
        mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, shared->descriptor, 0);
    if (page == MAP_FAILED) return false;
    shared->counters = static_cast<Counters*>(page);
    if (!describe_shared(shared->descriptor, kPage, shared->file)) return false;
    const std::lock_guard lock(table_mutex);
    table()[event.handle] = std::move(shared);
    return true;
}

bool find_shared_event(const Event& event, SharedFile& file) {
    const SharedRef shared = find(event);
    if (shared) file = shared->file;
    return shared != nullptr;
}

void forget_shared_event(const Event& event) {
    const std::lock_guard lock(table_mutex);
    table().erase(event.handle);
}

std::function<void()> begin_shared_recording(const Event& event) {
    const SharedRef shared = find(event);
    if (!shared) return [] {};
    shared->counters->recorder.store(getpid(), std::memory_order_relaxed);
    const std::uint64_t recording = shared->counters->recorded.fetch_add(1, std::memory_order_acq_rel) + 1;
    return [shared, recording] {
        std::uint64_t over = shared->counters->over.load(std::memory_order_relaxed);
        while (over < recording &&
               !shared->counters->over.compare_exchange_weak(over, recording, std::memory_order_release)) {
        }
    };
}

bool shared_recording_over(const Event& event) {
    const SharedRef shared = find(event);
    return !shared || is_over(*shared->counters, shared->counters->recorded.load(std::memory_order_acquire));
}

std::function<void()> wait_for_shared_recording(const Event& event) {
    const SharedRef shared = find(event);
    if (!shared) return [] {};
    const std::uint64_t recording = shared->counters->recorded.load(std::memory_order_acquire);
    return [shared, recording] {
        const timespec pause{0, kLook_ns};
        while (!is_over(*shared->counters, recording)) nanosleep(&pause, nullptr);
    };
}

}  // namespace soft::driver
