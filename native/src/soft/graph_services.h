// What kernels that are nodes of graphs ask of the device around the engine, beyond device_services.h. An
// object that implements both is found from the one to the other; where there are no graphs it is missing.
#pragma once
#include <cstdint>

namespace soft {

class GraphServices {
public:
    // A kernel sets a value that conditional nodes look at. Any worker thread.
    virtual void set_condition(std::uint64_t handle, std::uint32_t value) = 0;

protected:
    ~GraphServices() = default;  // nobody owns one through this
};

}  // namespace soft
