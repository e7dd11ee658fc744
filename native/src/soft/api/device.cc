// Device: start, primary context, libraries; fork and exit.
#include "soft/api/device.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

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

// CUDA_VISIBLE_DEVICES names ordinals or uuids; the list ends at the first entry that names no device.
bool device_is_visible(const DeviceProfile& profile) {
    const char* listed = std::getenv("CUDA_VISIBLE_DEVICES");
    if (listed == nullptr) return true;
    std::string_view first(listed);
    first = first.substr(0, first.find(','));
    while (!first.empty() && first.front() == ' ') first.remove_prefix(1);
    while (!first.empty() && first.back() == ' ') first.remove_suffix(1);
    if (first.starts_with("GPU-")) return first.size() > 4 && profile.uuid_text().starts_with(first);
    return !first.empty() && first.find_first_not_of('0') == std::string_view::npos;
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

Device::Device(unsigned threads, std::uint64_t memory_size)
    : scheduler(threads), profile(threads, memory_size) {
    scheduler.on_fault = report_fault;
}

bool Device::open() {
    const bool byte_exact = number_from("FERRY_SOFT_BYTE_EXACT", 0) != 0;
    if (!memory.open(std::getenv("FERRY_SOFT_ARENA"), profile.total_memory(), byte_exact)) return false;
    profile.set_total_memory(memory.total());
    kernel_limit_ns = number_from("FERRY_SOFT_KERNEL_LIMIT_MS", 0) * 1'000'000;
    if (!handles.open()) return false;
    primary_handle_ = handles.add<Context>(nullptr);
    return true;
}

abi::CUresult Device::start() {
    const std::lock_guard lock(start_mutex);
    if (phase() != Phase::unused) return abi::CUDA_SUCCESS;
    const auto threads = static_cast<unsigned>(
        std::min<std::uint64_t>(number_from("FERRY_SOFT_THREADS", usable_cores()), 1024));
    auto* device = new Device(threads, number_from("FERRY_SOFT_MEMORY", default_memory()));
    if (!device_is_visible(device->profile)) {
        delete device;
        return abi::CUDA_ERROR_NO_DEVICE;
    }
    if (!device->open()) {
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

Context* Device::create_context(std::uint32_t flags) {
    const std::uint64_t handle = handles.add<Context>(nullptr);
    if (handle == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    contexts_.push_back(std::make_unique<Context>(*this, next_number_++, handle, flags, false));
    handles.redirect(handle, contexts_.back().get());
    return contexts_.back().get();
}

abi::CUresult Device::destroy_context(Context& context) {
    if (context.primary) return abi::CUDA_ERROR_INVALID_CONTEXT;
    context.end();
    return abi::CUDA_SUCCESS;
}

Context& Device::primary_locked() {
    if (primary_ == nullptr) {
        contexts_.push_back(
            std::make_unique<Context>(*this, next_number_++, primary_handle_, primary_flags_, true));
        primary_ = contexts_.back().get();
        handles.redirect(primary_handle_, primary_);
    }
    return *primary_;
}

Context& Device::primary() {
    const std::lock_guard lock(mutex_);
    return primary_locked();
}

bool Device::primary_active() {
    const std::lock_guard lock(mutex_);
    return primary_active_;
}

std::uint32_t Device::primary_flags() {
    const std::lock_guard lock(mutex_);
    return primary_flags_;
}

abi::CUresult Device::set_primary_flags(std::uint32_t flags) {
    const std::lock_guard lock(mutex_);
    primary_flags_ = flags;
    if (primary_ != nullptr) primary_->flags.store(flags, std::memory_order_relaxed);
    return abi::CUDA_SUCCESS;
}

abi::CUresult Device::retain_primary(std::uint64_t& handle) {
    const std::lock_guard lock(mutex_);
    primary_locked();
    ++primary_references_;
    primary_active_ = true;
    handle = primary_handle_;
    return abi::CUDA_SUCCESS;
}

// Ends the present life. The lock is given up meanwhile: destructors of the layers above may call in.
void Device::end_primary(std::unique_lock<std::mutex>& lock) {
    Context* ending = primary_;
    primary_ = nullptr;
    primary_active_ = false;
    lock.unlock();
    if (ending != nullptr) ending->end();
    lock.lock();
}

abi::CUresult Device::release_primary() {
    std::unique_lock lock(mutex_);
    if (primary_references_ == 0) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (--primary_references_ == 0) end_primary(lock);
    return abi::CUDA_SUCCESS;
}

abi::CUresult Device::reset_primary() {
    std::unique_lock lock(mutex_);
    end_primary(lock);
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

void Device::thread_gone(std::uint64_t thread) {
    const std::lock_guard lock(mutex_);
    for (const auto& context : contexts_) context->thread_gone(thread);
}

}  // namespace soft::driver
