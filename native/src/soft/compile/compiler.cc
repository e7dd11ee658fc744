// See compiler.h.
#include "soft/compile/compiler.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "soft/compile/recipes.h"
#include "soft/compile/warp_run.h"
#include "soft/launch/warp.h"

namespace soft::compile {

// Longer ones gain nothing and make the search for next uses slow.
constexpr std::size_t kMostSteps = 48;

struct Range {
    std::uint32_t slot;
    Kind kind;
    std::uint32_t end() const { return slot + (kind == Kind::word ? 128 : kind == Kind::wide ? 256 : 4); }
};

// A run of instructions being collected.
class Run {
  public:
    explicit Run(bool whole_warp) : whole_warp_(whole_warp) {}

    std::vector<Step> steps;
    std::uint32_t first = 0;  // the run's first instruction

    // False when the step has to begin another run: a slot of it overlaps one of another kind, or there are
    // too many predicates to gather.
    bool take(const Step& step) {
        const std::size_t known = ranges_.size();
        bool fits = steps.size() < kMostSteps && (!step.writes() || note({step.slot, step.rule->to}));
        for (std::size_t k = 0; k < step.other_count; ++k)
            fits = fits && note({step.others[k], step.rule->to});
        for (std::size_t k = 0; k < step.source_count; ++k)
            fits = fits && note({step.sources[k].slot, step.sources[k].kind});
        fits = fits && (!step.is_guarded || note({step.guard.slot, Kind::predicate}));
        fits = fits && counts(step);
        if (fits)
            steps.push_back(step);
        else
            ranges_.resize(known);
        return fits;
    }
    void clear() {
        steps.clear();
        ranges_.clear();
        predicates_.clear();
    }

  private:
    bool note(const Range& range) {
        for (const Range& other : ranges_) {
            if (other.slot == range.slot && other.kind == range.kind) return true;
            if (other.slot < range.end() && range.slot < other.end()) return false;
        }
        ranges_.push_back(range);
        return true;
    }
    bool counts(const Step& step) {
        if (whole_warp_ || step.rule->to != Kind::predicate ||
            std::ranges::find(predicates_, step.slot) != predicates_.end())
            return true;
        if (predicates_.size() == kMostPredicates) return false;
        predicates_.push_back(step.slot);
        return true;
    }

    bool whole_warp_;
    std::vector<Range> ranges_;
    std::vector<std::uint32_t> predicates_;
};

namespace {

// The least number of instructions worth compiling; 0: nothing is. FERRY_SOFT_COMPILE sets it.
std::size_t least_steps() {
    static const std::size_t kLeast = [] {
        if (std::string_view(instruction_set()) == "base") return std::size_t{0};
        const char* wish = std::getenv("FERRY_SOFT_COMPILE");
        return wish == nullptr ? std::size_t{2} : static_cast<std::size_t>(std::strtoul(wish, nullptr, 10));
    }();
    return kLeast;
}

// Whether all lanes of a warp are held at once.
bool is_whole_warp() {
    static const bool kIs = std::string_view(instruction_set()) == "avx512";
    return kIs;
}

void emit_run(Assembler& out, std::span<const Step> steps, std::span<const std::uint32_t> unread,
              bool is_partial, std::int32_t next) {
    out.load64(kWindow, kWarp, static_cast<std::int32_t>(offsetof(Warp, regs)));
    out.set64(kConstants, constants_address());
    Registers registers(out, steps, unread, is_partial);
    const std::size_t loop = out.begin_loop();
    registers.begin_chunk();
    for (const Step& step : steps) emit_step(out, registers, step);
    registers.end_chunk();
    out.end_loop(loop, kChunkBytes, kSlotBytes);
    registers.store_predicates();
    out.add_offset(rax, kInsn, next);
    out.leave();
}

// The slots that nobody reads after the run, whose first instruction behind it is `end`.
std::vector<std::uint32_t> unread_after(const Run& run, std::span<const Origin> origins,
                                        std::span<const Stay> all, std::uint32_t end) {
    const std::uint32_t last = origins[end - 1].statement;
    // A statement may be several instructions, of which the run has the first ones.
    const bool splits = end < origins.size() && origins[end].statement == last;
    const std::uint32_t next = splits ? last : last + 1;
    std::vector<std::uint32_t> unread;
    const auto look = [&](std::uint32_t slot) {
        const auto stays = std::ranges::equal_range(all, slot, {}, &Stay::slot);
        const bool is_read = std::ranges::any_of(
            stays, [&](const Stay& stay) { return stay.begin <= last && stay.end >= next; });
        if (!stays.empty() && !is_read) unread.push_back(slot);
    };
    for (const Step& step : run.steps) {
        if (step.writes()) look(step.slot);
        for (std::size_t k = 0; k < step.other_count; ++k) look(step.others[k]);
    }
    return unread;
}

}  // namespace

bool is_enabled() { return least_steps() != 0; }

CodePages::~CodePages() {
    if (data_ != nullptr) munmap(data_, size_);
}

bool CodePages::fill(std::span<const std::uint8_t> bytes) {
    void* mapped = mmap(nullptr, bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return false;
    data_ = static_cast<std::byte*>(mapped);
    size_ = bytes.size();
    std::memcpy(data_, bytes.data(), bytes.size());
    return mprotect(mapped, size_, PROT_READ | PROT_EXEC) == 0;
}

void Compiler::close(const Noted& noted, Run& run, std::uint32_t end) {
    if (run.steps.size() >= least_steps()) {
        const auto next = static_cast<std::int32_t>((end - run.first) * sizeof(Insn));
        const std::vector<std::uint32_t> unread = unread_after(run, noted.origins, noted.stays, end);
        Insn& first = noted.code->insns[run.first];
        Begins begins;
        if (is_whole_warp()) {
            begins = emit_warp_run(out_, {run.steps, unread, same_, &first, next});
        } else {
            begins.full = out_.size();
            emit_run(out_, run.steps, unread, false, next);
            begins.partial = out_.size();
            emit_run(out_, run.steps, unread, true, next);
        }
        entries_.push_back({&first, begins.full, begins.partial});
    }
    run.clear();
}

void Compiler::find_same(const Code& code) {
    same_.clear();
    for (const auto* slots : {&code.fixed, &code.per_block}) {
        for (const FixedSlot& each : *slots) {
            if (!differs_by_lane(each)) same_.push_back(each.slot);
        }
    }
}

void Compiler::add(Code& code, std::vector<Origin> origins, std::vector<std::uint32_t> starts,
                   std::vector<Stay> stays) {
    if (!is_enabled()) return;
    std::ranges::sort(stays, {}, &Stay::slot);
    noted_.push_back({&code, std::move(origins), std::move(starts), std::move(stays)});
}

void Compiler::compile(const Code& code) {
    const auto noted = std::ranges::find(noted_, &code, &Noted::code);
    if (noted == noted_.end()) return;
    find_same(code);
    find_runs(*noted);
    finish();
    noted_.erase(noted);
}

void Compiler::find_runs(const Noted& noted) {
    const Code& code = *noted.code;
    const std::vector<Origin>& origins = noted.origins;
    Run run(is_whole_warp());
    auto start = noted.starts.begin();
    const auto count = static_cast<std::uint32_t>(code.insns.size());
    for (std::uint32_t k = 0; k < count; ++k) {
        start = std::lower_bound(start, noted.starts.end(), k);
        if (start != noted.starts.end() && *start == k) close(noted, run, k);
        // A guard and the instruction it guards are one step.
        Step step;
        step.is_guarded = origins[k].entry->family == Family::guard && k + 1 < count;
        if (step.is_guarded) step.guard = {code.insns[k].a, Kind::predicate, code.insns[k].e != 0};
        const std::uint32_t at = step.is_guarded ? k + 1 : k;
        bool fits = describe(*origins[at].entry, code.insns[at], is_whole_warp(), step);
        // Only what computes can be undone where its guard does not hold.
        fits = fits && !(step.is_guarded && touches_memory(step));
        if (fits && !run.take(step)) {
            close(noted, run, k);
            fits = run.take(step);
        }
        if (!fits) close(noted, run, k);
        if (run.steps.size() == 1) run.first = k;
        k = at;
    }
    close(noted, run, count);
}

void Compiler::finish() {
    if (entries_.empty()) return;
    auto pages = std::make_unique<CodePages>();
    if (pages->fill(out_.bytes())) {
        // SAFETY: each offset is where emit_run() wrote a function with a handler's arguments and result.
        const auto handler = [&](std::size_t offset) { return std::bit_cast<Handler>(pages->at(offset)); };
        for (const Entry& entry : entries_) {
            entry.insn->run[0] = handler(entry.full);
            entry.insn->run[1] = handler(entry.partial);
        }
        pages_.push_back(std::move(pages));
    }
    entries_.clear();
    out_.cut(0);
}

}  // namespace soft::compile
