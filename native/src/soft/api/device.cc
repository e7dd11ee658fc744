// Device: start, primary context, libraries; fork and exit.
#include "soft/api/device.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "cudart/export_tables.h"

namespace soft::driver {
namespace {

constinit std::atomic<Phase> current_phase{Phase::unused};
constinit std::mutex start_mutex;
constinit Device* the_device = nullptr;

// The number an environment variable gives, or `otherwise` when it is absent or not a positive number.
std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    if (text == nullptr) return otherwise;
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(text, &end, 0);
    return end == text || *end != '\0' || value == 0 ? otherwise : value;
}

unsigned usable_cores() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1U, static_cast<unsigned>(CPU_COUNT(&set)));
}

std::uint64_t default_memory() {
    const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
    const auto page_size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return std::min(pages * page_size / 2, std::uint64_t{16} << 30);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

// The device that an entry of CUDA_VISIBLE_DEVICES names, by number or uuid; -1 when it names none.
int find_named(const std::vector<DeviceProfile>& all, std::string_view entry) {
    const bool by_uuid = entry.starts_with("GPU-") && entry.size() > 4;
    if (!by_uuid && (entry.empty() || entry.find_first_not_of("0123456789") != std::string_view::npos))
        return -1;
    const std::uint64_t number = by_uuid ? 0 : std::strtoull(std::string(entry).c_str(), nullptr, 10);
    for (std::size_t index = 0; index < all.size(); ++index) {
        if (by_uuid ? all[index].uuid_text().starts_with(entry) : index == number)
            return static_cast<int>(index);
    }
    return -1;
}

// What the program sees of the machine's devices: the list ends at the first entry that names none, or one
// that has been named.
std::vector<DeviceProfile> visible_devices(const std::vector<DeviceProfile>& all) {
    const char* listed = std::getenv("CUDA_VISIBLE_DEVICES");
    if (listed == nullptr) return all;
    std::vector<DeviceProfile> visible;
    std::uint32_t named = 0;
    std::string_view rest(listed);
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        more = comma != std::string_view::npos;
        const int found = find_named(all, trimmed(rest.substr(0, comma)));
        if (found < 0 || (named >> found & 1U) != 0) break;
        named |= 1U << found;
        visible.push_back(all[static_cast<std::size_t>(found)]);
        if (more) rest.remove_prefix(comma + 1);
    }
    return visible;
}

void report_fault(StreamGroup&, const Fault& fault) {
    if (const char* level = std::getenv("FERRY_LOG"); level == nullptr || fault.text.empty()) return;
    std::fprintf(stderr, "ferry-soft: error %d: %s\n", fault.error, fault.text.c_str());
}

// The parent's threads and locks do not exist in the child: it may ask nothing of the device any more.
void after_fork_in_child() {
    current_phase.store(Phase::forked, std::memory_order_relaxed);
    cudart::local_after_fork();
}

void at_exit() {
    if (current_phase.load(std::memory_order_relaxed) != Phase::ready) return;
    current_phase.store(Phase::exiting, std::memory_order_relaxed);
    the_device->scheduler.stop();
}

}  // namespace

Device::Device(unsigned threads, std::vector<DeviceProfile> profiles)
    : scheduler(threads), profiles_(std::move(profiles)), primaries_(profiles_.size()) {
    scheduler.on_fault = report_fault;
}

// `devices`: how many the machine has, seen or not.
bool Device::open(unsigned devices) {
    const bool byte_exact = number_from("FERRY_SOFT_BYTE_EXACT", 0) != 0;
    const std::uint64_t asked = profiles_.front().total_memory();
    if (!memory.open(std::getenv("FERRY_SOFT_ARENA"), asked, devices, byte_exact)) return false;
    for (DeviceProfile& profile : profiles_) profile.set_total_memory(memory.total());
    kernel_limit_ns = number_from("FERRY_SOFT_KERNEL_LIMIT_MS", 0) * 1'000'000;
    if (!handles.open()) return false;
    for (Primary& primary : primaries_) primary.handle = handles.add<Context>(nullptr);
    return true;
}

abi::CUresult Device::start() {
    const std::lock_guard lock(start_mutex);
    if (phase() != Phase::unused) return abi::CUDA_SUCCESS;
    const auto threads = static_cast<unsigned>(
        std::min<std::uint64_t>(number_from("FERRY_SOFT_THREADS", usable_cores()), 1024));
    const auto devices =
        static_cast<unsigned>(std::min<std::uint64_t>(number_from("FERRY_SOFT_DEVICES", 1), kMostDevices));
    const std::uint64_t memory_size = number_from("FERRY_SOFT_MEMORY", default_memory() / devices);
    std::vector<DeviceProfile> profiles;
    for (unsigned number = 0; number < devices; ++number) profiles.emplace_back(threads, memory_size, number);
    profiles = visible_devices(profiles);
    if (profiles.empty()) return abi::CUDA_ERROR_NO_DEVICE;
    auto* device = new Device(threads, std::move(profiles));
    if (!device->open(devices)) {
        delete device;
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
    the_device = device;
    pthread_atfork(nullptr, nullptr, after_fork_in_child);
    std::atexit(at_exit);
    // SAFETY: release; whoever reads `ready` may follow the_device.
    current_phase.store(Phase::ready, std::memory_order_release);
    return abi::CUDA_SUCCESS;
}

Phase Device::phase() { return current_phase.load(std::memory_order_acquire); }

Device& Device::get() { return *the_device; }

int Device::find_number(unsigned number) const {
    for (int ordinal = 0; ordinal < count(); ++ordinal) {
        if (profile(ordinal).number() == number) return ordinal;
    }
    return -1;
}

Context* Device::create_context(std::uint32_t flags, int ordinal) {
    const std::uint64_t handle = handles.add<Context>(nullptr);
    if (handle == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    contexts_.push_back(
        std::make_unique<Context>(*this, next_number(ordinal), handle, flags, false, ordinal));
    handles.redirect(handle, contexts_.back().get());
    return contexts_.back().get();
}

abi::CUresult Device::destroy_context(Context& context) {
    if (context.primary) return abi::CUDA_ERROR_INVALID_CONTEXT;
    context.end();
    return abi::CUDA_SUCCESS;
}

Context& Device::primary_locked(int ordinal) {
    Primary& primary = primaries_[as_index(ordinal)];
    if (primary.context == nullptr) {
        contexts_.push_back(std::make_unique<Context>(*this, next_number(ordinal), primary.handle,
                                                      primary.flags, true, ordinal));
        primary.context = contexts_.back().get();
        handles.redirect(primary.handle, primary.context);
    }
    return *primary.context;
}

Context& Device::primary(int ordinal) {
    const std::lock_guard lock(mutex_);
    return primary_locked(ordinal);
}

bool Device::is_primary_handle(std::uint64_t handle) const {
    return std::ranges::find(primaries_, handle, &Primary::handle) != primaries_.end();
}

bool Device::primary_active(int ordinal) {
    const std::lock_guard lock(mutex_);
    return primaries_[as_index(ordinal)].active;
}

std::uint32_t Device::primary_flags(int ordinal) {
    const std::lock_guard lock(mutex_);
    return primaries_[as_index(ordinal)].flags;
}

abi::CUresult Device::set_primary_flags(int ordinal, std::uint32_t flags) {
    const std::lock_guard lock(mutex_);
    Primary& primary = primaries_[as_index(ordinal)];
    primary.flags = flags;
    if (primary.context != nullptr) primary.context->flags.store(flags, std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

abi::CUresult Device::retain_primary(int ordinal, std::uint64_t& handle) {
    const std::lock_guard lock(mutex_);
    primary_locked(ordinal);
    Primary& primary = primaries_[as_index(ordinal)];
    ++primary.references;
    primary.active = true;
    handle = primary.handle;
    return abi::CUDA_SUCCESS;
}

// Ends the present life. The lock is given up meanwhile: destructors of the layers above may call in.
void Device::end_primary(Primary& primary, std::unique_lock<std::mutex>& lock) {
    Context* ending = primary.context;
    primary.context = nullptr;
    primary.active = false;
    lock.unlock();
    if (ending != nullptr) ending->end();
    lock.lock();
}

abi::CUresult Device::release_primary(int ordinal) {
    std::unique_lock lock(mutex_);
    Primary& primary = primaries_[as_index(ordinal)];
    if (primary.references == 0) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (--primary.references == 0) end_primary(primary, lock);
    return abi::CUDA_SUCCESS;
}

abi::CUresult Device::reset_primary(int ordinal) {
    std::unique_lock lock(mutex_);
    end_primary(primaries_[as_index(ordinal)], lock);
    return abi::CUDA_SUCCESS;
}

void Device::add_library(std::shared_ptr<Library> library) {
    const std::lock_guard lock(mutex_);
    libraries_.push_back(std::move(library));
}

std::shared_ptr<Library> Device::remove_library(const Library& library) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(libraries_, &library, &std::shared_ptr<Library>::get);
    if (found == libraries_.end()) return nullptr;
    std::shared_ptr<Library> kept = std::move(*found);
    libraries_.erase(found);
    return kept;
}

std::vector<std::shared_ptr<Library>> Device::libraries() {
    const std::lock_guard lock(mutex_);
    return libraries_;
}

Context* Device::context_of(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find(contexts_, number, [](const auto& context) { return context->number; });
    return found == contexts_.end() ? nullptr : found->get();
}

void Device::wait_for_all() {
    std::vector<std::shared_ptr<StreamGroup>> groups;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& context : contexts_) {
            if (!context->ended.load(std::memory_order_acquire)) groups.push_back(context->group);
        }
    }
    for (const auto& group : groups) scheduler.wait_group(*group, true);
}

void Device::thread_gone(std::uint64_t thread) {
    const std::lock_guard lock(mutex_);
    for (const auto& context : contexts_) context->thread_gone(thread);
}

}  // namespace soft::driver
