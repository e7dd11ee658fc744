// The options of cuModuleLoadDataEx and cuLibraryLoadData: which of them mean something here, and where the
// caller wants the compiler's words. Used by the entries that load code.
#pragma once
#include <string_view>

#include "cudart/abi.h"

namespace soft::driver {

class JitOptions {
  public:
    // `values` may be null only when count is 0; the arrays outlive this object.
    JitOptions(unsigned count, const abi::CUjit_option* options, void** values);

    // False for null arrays and for options CUDA does not have.
    bool valid() const { return valid_; }
    // Fills the caller's buffers and writes back their sizes (bytes, with the NUL) and the time taken.
    void report(std::string_view information, std::string_view error, float milliseconds) const;

  private:
    struct Log {
        char* buffer = nullptr;
        unsigned capacity = 0;
        void** size_slot = nullptr;
    };
    static void write(const Log& log, std::string_view text);

    bool valid_ = true;
    Log information_;
    Log error_;
    void** time_slot_ = nullptr;
};

}  // namespace soft::driver
