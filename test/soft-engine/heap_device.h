// DeviceServices over the plain heap, and a thread-free way to run kernels: what the engine's tests stand on.
#pragma once
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "soft/launch/grid.h"
#include "soft/ptx/program.h"
#include "soft/texture.h"

namespace soft_test {

class HeapDevice final : public soft::DeviceServices {
  public:
    ~HeapDevice() override;
    bool find_range(std::uint64_t address, soft::Range& range) const override;
    std::uint64_t allocate_image(std::size_t size) override { return allocate(size); }
    void free_image(std::uint64_t address) override { release(address); }
    std::uint64_t device_malloc(std::uint64_t size) override { return allocate(size); }
    void device_free(std::uint64_t address) override { release(address); }
    void print(std::string_view text) override;
    void print_error(std::string_view text) override;

    const soft::Texture* find_texture(std::uint64_t handle) const override;
    const soft::Surface* find_surface(std::uint64_t handle) const override;

    std::uint64_t kernel_limit_ns() const override { return kernel_limit; }

    std::uint64_t allocate(std::size_t size);
    void release(std::uint64_t address);

    std::uint64_t kernel_limit = 0;
    std::string output;
    std::string errors;
    // Bytes behind each allocation that count as its own, as on hardware, which looks at pages.
    std::size_t slack = 0;
    // What is larger than this is out of memory.
    std::size_t largest = std::size_t{1} << 32;
    std::map<std::uint64_t, soft::Texture> textures;  // by handle; not changed while kernels run
    std::map<std::uint64_t, soft::Surface> surfaces;

  private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> ranges_;  // lo -> hi
};

// Device memory of `T`s that is host memory too.
template <class T>
class Buffer {
  public:
    Buffer(HeapDevice& device, std::size_t count)
        : device_(device), count_(count), address_(device.allocate(count * sizeof(T))) {}
    Buffer(HeapDevice& device, const std::vector<T>& values) : Buffer(device, values.size()) {
        std::memcpy(data(), values.data(), values.size() * sizeof(T));
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { device_.release(address_); }
    std::uint64_t address() const { return address_; }
    T* data() const { return static_cast<T*>(std::bit_cast<void*>(address_)); }
    T& operator[](std::size_t k) const { return data()[k]; }
    std::size_t size() const { return count_; }

  private:
    HeapDevice& device_;
    std::size_t count_;
    std::uint64_t address_;
};

// Packs kernel arguments at their natural alignment, as cuLaunchKernel does.
class Arguments {
  public:
    template <class T>
    Arguments& add(const T& value) {
        const std::size_t at = (bytes_.size() + alignof(T) - 1) / alignof(T) * alignof(T);
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
        return *this;
    }
    const std::vector<std::byte>& bytes() const { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

struct Shape {
    std::array<std::uint32_t, 3> grid{1, 1, 1};
    std::array<std::uint32_t, 3> block{1, 1, 1};
    std::uint32_t dynamic_shared = 0;
    bool cooperative = false;
    unsigned threads = 1;
    std::uint64_t stack = 0;
};

class Kernels {
  public:
    // Loads PTX texts; `error` and `log` tell why not.
    Kernels(HeapDevice& device, std::span<const std::string> texts);
    Kernels(HeapDevice& device, const std::string& text) : Kernels(device, std::span(&text, 1)) {}
    // With `limit_ms` the grid is cancelled when it runs longer.
    soft::Fault launch(const std::string& name, const Shape& shape, const Arguments& arguments,
                       int limit_ms = 0);
    std::vector<std::string> names() const;
    const soft::FunctionInfo* find(const std::string& name) const;
    const soft::GlobalInfo* global(const std::string& name) const;

    int error = 0;
    std::string log;

  private:
    HeapDevice& device_;
    std::unique_ptr<soft::Program> program_;
};

std::string read_text(const std::string& path);

}  // namespace soft_test
