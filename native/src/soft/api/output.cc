// Output: two strings and a lock.
#include "soft/api/output.h"

#include <cstdio>
#include <utility>

namespace soft::driver {
namespace {

// A GPU's buffer of 1 MiB wraps round and loses the oldest text. Writing early loses nothing.
constexpr std::size_t kFull = std::size_t{1} << 20;

void write_out(const std::string& text, std::FILE* file) {
    if (text.empty()) return;
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
}

}  // namespace

void Output::append(std::string& to, std::string_view text) {
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        to += text;
        full = to.size() >= kFull;
        pending_.store(true, std::memory_order_release);
    }
    if (full) flush();
}

void Output::flush() {
    if (!pending_.load(std::memory_order_acquire)) return;
    std::string out;
    std::string err;
    {
        const std::lock_guard lock(mutex_);
        out = std::exchange(out_, {});
        err = std::exchange(err_, {});
        pending_.store(false, std::memory_order_relaxed);
    }
    write_out(out, stdout);
    write_out(err, stderr);
}

}  // namespace soft::driver
