// What the execution engine (ptx/, launch/) asks of the device around it (api/, memory/, stream/), no more.
// The device implements it once; the engine's unit tests implement it over a plain heap. Neither side knows
// Ferry.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace soft {

struct Texture;
struct Surface;

// A live range of device-visible memory, [lo, hi).
struct Range {
    std::uint64_t lo = 0;
    std::uint64_t hi = 0;
};

class DeviceServices {
public:
    virtual ~DeviceServices() = default;

    // Finds the live range that contains `address`; false when there is none (the access is illegal).
    // Called on an inline-cache miss from any worker thread while a grid runs; must not block on a driver
    // call.
    virtual bool find_range(std::uint64_t address, Range& range) const = 0;

    // Memory for a module's .global and .const image: zeroed, at least 256-byte aligned, registered as a live
    // range.
    // Answers 0 when the device is out of memory. Freed when the Program is destroyed.
    virtual std::uint64_t allocate_image(std::size_t size) = 0;
    virtual void free_image(std::uint64_t address) = 0;

    // Memory of managed variables, which outlives the module and its context: whoever asked gives it back.
    virtual std::uint64_t allocate_managed(std::size_t size) { return allocate_image(size); }
    virtual void free_managed(std::uint64_t address) { free_image(address); }

    // Device-side malloc and free, from the heap that cuCtxSetLimit(MALLOC_HEAP_SIZE) sizes. malloc answers 0
    // when full.
    virtual std::uint64_t device_malloc(std::uint64_t size) = 0;
    virtual void device_free(std::uint64_t address) = 0;

    // The texture or surface object that a handle names; null when it names none. Any worker thread. The
    // object stays readable until the context ends; a program that destroys one in use may read another.
    virtual const Texture* find_texture(std::uint64_t) const { return nullptr; }
    virtual const Surface* find_surface(std::uint64_t) const { return nullptr; }

    // Device printf: formatted text in the order of execution, held until the next synchronisation point,
    // then
    // written to the process's stdout. Any worker thread.
    virtual void print(std::string_view text) = 0;
    // How long a grid may run before it ends with error 702; 0: for ever.
    virtual std::uint64_t kernel_limit_ns() const { return 0; }

    // Text of a device assertion, for stderr.
    virtual void print_error(std::string_view text) = 0;
};

}  // namespace soft
