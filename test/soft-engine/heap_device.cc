// See heap_device.h.
#include "heap_device.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace soft_test {

HeapDevice::~HeapDevice() {
    for (const auto& [lo, hi] : ranges_) std::free(std::bit_cast<void*>(lo));
}

bool HeapDevice::find_range(std::uint64_t address, soft::Range& range) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto found = ranges_.upper_bound(address);
    if (found == ranges_.begin()) return false;
    --found;
    range = soft::Range{found->first, found->second};
    return address < found->second;
}

std::uint64_t HeapDevice::allocate(std::size_t size) {
    size += slack;
    if (size > largest) return 0;
    const std::size_t rounded = (size + 255) / 256 * 256;
    void* memory = std::aligned_alloc(256, rounded == 0 ? 256 : rounded);
    std::memset(memory, 0, rounded);
    const auto address = std::bit_cast<std::uint64_t>(memory);
    const std::lock_guard<std::mutex> lock(mutex_);
    ranges_[address] = address + size;
    return address;
}

void HeapDevice::release(std::uint64_t address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ranges_.erase(address) != 0) std::free(std::bit_cast<void*>(address));
}

const soft::Texture* HeapDevice::find_texture(std::uint64_t handle) const {
    const auto found = textures.find(handle);
    return found == textures.end() ? nullptr : &found->second;
}

const soft::Surface* HeapDevice::find_surface(std::uint64_t handle) const {
    const auto found = surfaces.find(handle);
    return found == surfaces.end() ? nullptr : &found->second;
}

void HeapDevice::print(std::string_view text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    output += text;
}

void HeapDevice::print_error(std::string_view text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    errors += text;
}

Kernels::Kernels(HeapDevice& device, std::span<const std::string> texts) : device_(device) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    soft::ManagedImage managed;
    soft::LoadResult result = soft::Program::load(views, device, managed);
    error = result.error;
    log = result.log;
    program_ = std::move(result.program);
}

const soft::FunctionInfo* Kernels::find(const std::string& name) const {
    if (program_ == nullptr) return nullptr;
    for (const auto& function : program_->functions()) {
        if (function.name == name) return &function;
    }
    return nullptr;
}

std::vector<std::string> Kernels::names() const {
    std::vector<std::string> list;
    for (const auto& function : program_->functions()) list.push_back(function.name);
    return list;
}

const soft::GlobalInfo* Kernels::global(const std::string& name) const {
    for (const auto& variable : program_->globals()) {
        if (variable.name == name) return &variable;
    }
    return nullptr;
}

soft::Fault Kernels::launch(const std::string& name, const Shape& shape, const Arguments& arguments,
                            int limit_ms) {
    const soft::FunctionInfo* function = find(name);
    if (function == nullptr) return soft::Fault{-1, "no kernel " + name + ": " + log};
    soft::LaunchConfig config;
    config.function = &program_->function(static_cast<std::size_t>(function - program_->functions().data()));
    config.grid = shape.grid;
    config.block = shape.block;
    config.dynamic_shared = shape.dynamic_shared;
    config.cooperative = shape.cooperative;
    config.stack_bytes = shape.stack;
    config.params = arguments.bytes();
    if (config.params.size() != function->param_bytes) return soft::Fault{-2, "wrong parameters for " + name};
    const auto grid = soft::Grid::make(std::move(config), device_);
    static thread_local std::vector<std::unique_ptr<soft::Worker>> workers;
    while (workers.size() < shape.threads) workers.push_back(soft::Worker::make());
    std::vector<std::thread> threads;
    for (unsigned k = 1; k < shape.threads; ++k) {
        threads.emplace_back([&grid, worker = workers[k].get()] { grid->work(*worker); });
    }
    std::atomic<bool> over{false};
    std::thread watch;
    if (limit_ms > 0) {
        watch = std::thread([&] {
            for (int k = 0; k < limit_ms && !over; ++k)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (!over) grid->cancel();
        });
    }
    grid->work(*workers[0]);
    over = true;
    if (watch.joinable()) watch.join();
    for (std::thread& thread : threads) thread.join();
    if (!grid->done()) return soft::Fault{-3, "not done"};
    return grid->fault();
}

std::string read_text(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace soft_test
