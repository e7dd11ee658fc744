// What kernels print: gathered per context while they run, written to the process's stdout and stderr at the
// synchronisation points. Worker threads append, api/ flushes.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace soft::driver {

class Output {
  public:
    void print(std::string_view text) { append(out_, text); }
    void print_error(std::string_view text) { append(err_, text); }
    // Writes everything gathered so far; whole lines of one flush stay together.
    void flush();

  private:
    void append(std::string& to, std::string_view text);

    std::mutex mutex_;
    std::atomic<bool> pending_{false};
    std::string out_;
    std::string err_;
};

}  // namespace soft::driver
