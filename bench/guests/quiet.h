// Quiet: whether the cores were left alone while something was measured. Each core of a virtual machine may
// be one of two hardware threads, of which the other computes for somebody else: what keeps a core's units
// busy then takes up to twice as long, and nothing that a guest may read counts it. A short loop of such
// arithmetic on all cores at once, between the parts of a measurement, shows it; and a word sent from core to
// core, that its host has moved them apart. Used by the benchmark guests' one measuring thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

namespace bench {

struct Switches {
    long voluntary = 0;
    long involuntary = 0;
};
inline Switches operator-(const Switches& left, const Switches& right) {
    return {left.voluntary - right.voluntary, left.involuntary - right.involuntary};
}
inline Switches operator+(const Switches& left, const Switches& right) {
    return {left.voluntary + right.voluntary, left.involuntary + right.involuntary};
}

// The loop; answers what it took in ns: 50,000 to 150,000 on a core that is left alone.
double burn();

// What burn() takes on a core of this machine that is left alone: the fastest thousandth of as many runs as
// fit into `seconds`, on whatever core the thread is: neighbours leave gaps.
double find_loop_ns(double seconds);

// What looks compare with, in ns: what this machine takes while it is left alone.
struct Alone {
    double loop_ns = 0;
    double trip_ns = 0;  // a word to another core and back; 0: not known, nor looked at
};

class Quiet {
public:
    Quiet() = default;
    ~Quiet();
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

    // From now on looks are made; `alone` is what find_alone() found. Threads of the name "ferry-quiet" are
    // started, one for each core that this process may use where these are few; on a larger machine, where
    // the scheduler steps aside, only the caller's core is looked at.
    void start(const Alone& alone);
    // Without start() no look is made, and none finds the cores quiet.
    bool started() const { return alone_.loop_ns > 0; }

    // Lets those who still look for work on this machine fall asleep, then measures: about 0.4 ms.
    bool look();
    // look() until it answers yes, for at most `patience_ns`.
    bool await(double patience_ns);

    // What a word took in the last look to the farthest of the other cores and back; 0: there is none.
    double trip_ns() const { return trip_ns_; }

    // Since start(), of looks and the waits between them: their time, and the caller's context switches.
    double spent_ns() const { return spent_ns_; }
    Switches switches() const { return switches_; }

private:
    struct Watcher {
        int core = -1;
        std::atomic<std::uint32_t> turn{0};   // changes: run once more
        std::atomic<std::uint32_t> ready{0};  // the turn that it has a core for
        std::atomic<std::uint32_t> done{0};   // the turn that `took_ns` belongs to
        double took_ns = 0;
        alignas(64) std::atomic<std::uint32_t> ping{0};  // a word that goes there
        alignas(64) std::atomic<std::uint32_t> pong{0};  // and back
        std::thread thread;
    };
    static void watch(Watcher& watcher, const std::atomic<std::uint32_t>& go, const std::atomic<bool>& over);
    bool measure();
    static double trip_to(Watcher& watcher);

    Alone alone_;
    double trip_ns_ = 0;
    double spent_ns_ = 0;
    Switches switches_;
    std::atomic<std::uint32_t> go_{0};  // the turn that all begin together
    std::atomic<bool> over_{false};
    std::deque<Watcher> watchers_;
};

// What a word takes to another core and back where both are left alone: the fastest twentieth of as many
// looks as fit into `seconds` and find burn() to take no longer than alone. 0: none did, or there is one
// core.
double find_trip_ns(double loop_ns, double seconds);

// Cuts the samples of one measurement into blocks with a look between two of them. A block counts as quiet
// when the looks on both its sides do. Before a block it waits for quiet, in all at most about twice as long
// as it measures.
class Blocks {
public:
    // Spells of quiet may be as short as some tens of ms.
    static constexpr double kBlockNs = 10e6;
    explicit Blocks(Quiet& quiet, double block_ns = kBlockNs) : quiet_(quiet), block_ns_(block_ns) {}
    // Before the first sample.
    void begin();
    // A sample has ended that took so long. True: it was the last of a block, and time has passed since.
    bool end_sample(double took_ns);
    // After the last sample.
    void end();

    struct Block {
        std::size_t samples;
        double took_ns;
        bool quiet;
    };
    const std::vector<Block>& all() const { return blocks_; }
    // Those of `samples`, one for each end_sample(), that stand in quiet blocks.
    std::vector<double> quiet_of(const std::vector<double>& samples) const;

private:
    void close();
    void await();

    Quiet& quiet_;
    double block_ns_;
    std::vector<Block> blocks_;
    Block open_{0, 0, false};  // `quiet`: as the look before it was
    double budget_ns_ = 0;
};

}  // namespace bench
