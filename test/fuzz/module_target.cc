// Fuzzes the interpreter and the compiler of runs: bytes choose a module that is valid by construction
// (module_writer.h), which must load and must do the same on every engine: on this machine's best instruction
// set with compiled runs, here, and in processes of their own interpreted on the base set and with other
// choices. A difference of a register, of memory or of the fault is a finding.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "other_engine.h"
#include "soft/launch/registry.h"
#include "target.h"

namespace {

using fuzz::Outcome;

constexpr int kLimitMs = 100;
// Who ran out of time alone gets this much, so that a slow machine is no difference.
constexpr int kLongLimitMs = 20'000;
constexpr int kNotExecuted = 715;

std::vector<std::unique_ptr<fuzz::OtherEngine>>& others() {
    static std::vector<std::unique_ptr<fuzz::OtherEngine>> list;
    return list;
}

[[noreturn]] void give_up(const std::string& text, const std::string& why) {
    std::fprintf(stderr, "%s\n%s\n", text.c_str(), why.c_str());
    std::abort();
}

std::string described(const Outcome& outcome) {
    return std::to_string(outcome.error) + " \"" + outcome.text.data() + "\"";
}

// Where runs are compiled loads come earlier (soft/ptx/schedule.h), and so which of two bad ones ends the
// grid.
bool is_bad_load(int error) { return error == 700 || error == 716; }

// Empty when both did the same. A grid that was cut short stopped anywhere.
std::string difference(const Outcome& here, const Outcome& there) {
    const bool are_bad_loads = is_bad_load(here.error) && is_bad_load(there.error);
    if (here.error != there.error && !are_bad_loads) return "this engine ends with " + described(here);
    const auto at = std::ranges::mismatch(here.memory, there.memory);
    if (here.is_cut || at.in1 == here.memory.end()) return "";
    const auto offset = static_cast<std::size_t>(at.in1 - here.memory.begin());
    const auto word = [&](const Outcome& outcome) {
        std::uint32_t value = 0;
        std::memcpy(&value, outcome.memory.data() + offset / 4 * 4, 4);
        return std::to_string(value);
    };
    const std::string what = offset < fuzz::kBufferBytes ? "the buffer at " + std::to_string(offset)
                                                         : fuzz::register_at(offset - fuzz::kBufferBytes);
    return what + " is " + word(here) + " here and " + word(there);
}

const Outcome& answer_of(fuzz::OtherEngine& other, const std::string& text) {
    const Outcome* answer = other.finish();
    if (answer == nullptr) give_up(text, "the engine died with " + other.name());
    return *answer;
}

void compare(const std::string& text, const Outcome& first, fuzz::OtherEngine& other) {
    static Outcome again;
    const Outcome* here = &first;
    const Outcome* there = &answer_of(other, text);
    if (here->is_cut && !there->is_cut) {
        fuzz::run_module(text, kLongLimitMs, again);
        here = &again;
    } else if (there->is_cut && !here->is_cut) {
        other.start(text, kLongLimitMs);
        there = &answer_of(other, text);
    }
    const std::string found = difference(*here, *there);
    if (!found.empty()) give_up(text, found + ", " + described(*there) + " with " + other.name());
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    // A set that the machine lacks is the next lesser one.
    const std::pair<const char*, const char*> kChoices[] = {{"base", "0"},   {"avx2", "1"},   {"avx2", "2"},
                                                            {"avx512", "1"}, {"avx512", "2"}, {"", "0"}};
    for (const auto& [set, compile] : kChoices)
        others().push_back(std::make_unique<fuzz::OtherEngine>(set, compile));
    std::fprintf(stderr, "%s is compared with base and others\n", soft::instruction_set());
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = fuzz::write_module({data, size});
    // The base set always, and one of the others, chosen by the input alone so that a finding repeats.
    const std::size_t turn = size + (size == 0 ? 0 : data[0]);
    const std::array asked = {others()[0].get(), others()[1 + turn % (others().size() - 1)].get()};
    for (fuzz::OtherEngine* other : asked) other->start(text, kLimitMs);
    static Outcome here;
    fuzz::run_module(text, kLimitMs, here);
    if (here.is_load || here.error == kNotExecuted || here.error < 0) give_up(text, described(here));
    for (fuzz::OtherEngine* other : asked) compare(text, here, *other);
    return 0;
}
