// A second process with another choice of instruction set and compilation than this one: the engine chooses
// once per process. Used by module_target.cc.
#pragma once
#include <string>
#include <string_view>

#include "module_run.h"

namespace fuzz {

class OtherEngine {
  public:
    // Forks, so it comes before the engine is used and before there are threads. An empty string leaves the
    // choice as it is. The process ends with this one.
    OtherEngine(std::string instruction_set, std::string compile);
    OtherEngine(const OtherEngine&) = delete;
    OtherEngine& operator=(const OtherEngine&) = delete;

    // Begins a run, and waits for its end: each start() is followed by one finish(). Null when the process
    // died, having said why itself.
    void start(std::string_view text, int limit_ms);
    const Outcome* finish();
    // FERRY_SOFT_ISA and FERRY_SOFT_COMPILE of that process.
    const std::string& name() const { return name_; }

  private:
    struct Exchange;
    [[noreturn]] void serve() const;

    std::string name_;
    bool is_asked_ = false;
    Exchange* exchange_ = nullptr;  // in memory that both processes have
    int ask_[2] = {-1, -1};
    int answer_[2] = {-1, -1};
};

}  // namespace fuzz
