// See cases.h.
#include "cases.h"

#include <cmath>
#include <cstdlib>

namespace bench_soft {
namespace {

using abi::CUdeviceptr;
using abi::CUfunction;

struct Shape {
    unsigned grid_x, grid_y, block_x, block_y;
};

template <class... Arguments>
void launch(CUfunction function, const Shape& shape, Arguments... arguments) {
    void* parameters[] = {&arguments..., nullptr};
    CU(cuLaunchKernel(function, shape.grid_x, shape.grid_y, 1, shape.block_x, shape.block_y, 1, 0, nullptr,
                      parameters, nullptr));
    CU(cuCtxSynchronize());
}

template <class T>
CUdeviceptr upload(const std::vector<T>& data) {
    CUdeviceptr address = 0;
    CU(cuMemAlloc_v2(&address, data.size() * sizeof(T)));
    CU(cuMemcpyHtoD_v2(address, data.data(), data.size() * sizeof(T)));
    return address;
}

template <class T>
double difference_of(CUdeviceptr device, const std::vector<T>& expected) {
    std::vector<T> got(expected.size());
    CU(cuMemcpyDtoH_v2(got.data(), device, got.size() * sizeof(T)));
    double worst = 0;
    double greatest = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
        worst = std::fmax(worst, std::fabs(static_cast<double>(got[k]) - static_cast<double>(expected[k])));
        greatest = std::fmax(greatest, std::fabs(static_cast<double>(expected[k])));
    }
    return greatest == 0 ? worst : worst / greatest;
}

std::vector<float> some_floats(std::size_t count) {
    std::vector<float> data(count);
    for (float& value : data) value = static_cast<float>(std::rand() % 2000 - 1000) * 0x1p-10f;
    return data;
}

template <class T>
std::vector<T> some_numbers(std::size_t count, int below) {
    std::vector<T> data(count);
    for (T& value : data) value = static_cast<T>(std::rand() % below);
    return data;
}

class Vadd final : public Case {
  public:
    Vadd(const bench::Session& session, int count)
        : function_(session.function("vadd")),
          count_(count),
          a_(some_floats(static_cast<std::size_t>(count))),
          b_(some_floats(static_cast<std::size_t>(count))),
          out_(a_.size()) {}
    const char* name() const override { return "vadd"; }
    void run_device() override {
        launch(function_, {static_cast<unsigned>(count_) / 256, 1, 256, 1}, da_, db_, dout_, count_);
    }
    int host_units() const override { return count_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.vadd(a_.data(), b_.data(), out_.data(), first, last);
    }
    double difference() override { return difference_of(dout_, out_); }

  private:
    CUfunction function_;
    int count_;
    std::vector<float> a_, b_, out_;
    CUdeviceptr da_ = upload(a_), db_ = upload(b_), dout_ = upload(out_);
};

class Sgemm final : public Case {
  public:
    Sgemm(const bench::Session& session, int n)
        : function_(session.function("sgemm")),
          n_(n),
          a_(some_floats(static_cast<std::size_t>(n) * static_cast<std::size_t>(n))),
          b_(some_floats(a_.size())),
          c_(a_.size()) {}
    const char* name() const override { return "sgemm"; }
    void run_device() override {
        const unsigned blocks = static_cast<unsigned>(n_) / 16;
        launch(function_, {blocks, blocks, 16, 16}, da_, db_, dc_, n_);
    }
    int host_units() const override { return n_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.sgemm(a_.data(), b_.data(), c_.data(), n_, first, last);
    }
    double difference() override { return difference_of(dc_, c_); }

  private:
    CUfunction function_;
    int n_;
    std::vector<float> a_, b_, c_;
    CUdeviceptr da_ = upload(a_), db_ = upload(b_), dc_ = upload(c_);
};

class Reduce final : public Case {
  public:
    Reduce(const bench::Session& session, int count)
        : function_(session.function("reduce")),
          count_(count),
          in_(some_numbers<float>(static_cast<std::size_t>(count), 16)) {}
    const char* name() const override { return "reduce"; }
    void run_device() override { launch(function_, {kBlocks, 1, 256, 1}, din_, dsums_, count_); }
    int host_units() const override { return count_; }
    void begin_host() override { sums_[0] = sums_[1] = 0; }
    void run_host(const Reference& with, int first, int last, int thread) override {
        sums_[thread] += with.reduce(in_.data(), first, last);
    }
    double difference() override {
        std::vector<float> sums(kBlocks);
        CU(cuMemcpyDtoH_v2(sums.data(), dsums_, kBlocks * sizeof(float)));
        double total = 0;
        for (const float sum : sums) total += static_cast<double>(sum);
        return std::fabs(total - static_cast<double>(sums_[0] + sums_[1])) / total;
    }

  private:
    static constexpr unsigned kBlocks = 64;
    CUfunction function_;
    int count_;
    std::vector<float> in_;
    float sums_[2] = {};  // of each thread, in the run at hand
    CUdeviceptr din_ = upload(in_), dsums_ = upload(std::vector<float>(kBlocks));
};

class Mandelbrot final : public Case {
  public:
    Mandelbrot(const bench::Session& session, int wide, int high)
        : function_(session.function("mandelbrot")),
          wide_(wide),
          high_(high),
          out_(static_cast<std::size_t>(wide) * static_cast<std::size_t>(high)) {}
    const char* name() const override { return "mandelbrot"; }
    void run_device() override {
        const Shape shape = {static_cast<unsigned>(wide_) / 32, static_cast<unsigned>(high_) / 8, 32, 8};
        launch(function_, shape, dout_, wide_, high_, kLimit);
    }
    int host_units() const override { return high_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.mandelbrot(out_.data(), wide_, high_, kLimit, first, last);
    }
    // The device's compiler fuses multiplications with additions, so pixels on the edge differ: the share.
    double difference() override {
        std::vector<int> got(out_.size());
        CU(cuMemcpyDtoH_v2(got.data(), dout_, got.size() * sizeof(int)));
        double differing = 0;
        for (std::size_t k = 0; k < got.size(); ++k) differing += got[k] != out_[k] ? 1 : 0;
        return differing / static_cast<double>(got.size());
    }

  private:
    static constexpr int kLimit = 256;
    CUfunction function_;
    int wide_, high_;
    std::vector<int> out_;
    CUdeviceptr dout_ = upload(out_);
};

class Nbody final : public Case {
  public:
    Nbody(const bench::Session& session, int count)
        : function_(session.function("nbody")),
          count_(count),
          bodies_(some_floats(static_cast<std::size_t>(count) * 4)),
          out_(bodies_.size()) {}
    const char* name() const override { return "nbody"; }
    void run_device() override {
        launch(function_, {static_cast<unsigned>(count_) / 256, 1, 256, 1}, din_, dout_, count_);
    }
    int host_units() const override { return count_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.nbody(bodies_.data(), out_.data(), count_, first, last);
    }
    double difference() override { return difference_of(dout_, out_); }

  private:
    CUfunction function_;
    int count_;
    std::vector<float> bodies_, out_;
    CUdeviceptr din_ = upload(bodies_), dout_ = upload(out_);
};

class Histogram final : public Case {
  public:
    Histogram(const bench::Session& session, int count)
        : function_(session.function("histogram")),
          count_(count),
          values_(some_numbers<unsigned>(static_cast<std::size_t>(count), 1 << 20)) {}
    const char* name() const override { return "histogram"; }
    void run_device() override { launch(function_, {64, 1, 256, 1}, din_, dbins_, count_); }
    int host_units() const override { return count_; }
    void run_host(const Reference& with, int first, int last, int thread) override {
        with.histogram(values_.data(), bins_.data() + thread * 256, first, last);
    }
    // Both add up over all runs, of which the host has more: shares are compared.
    double difference() override {
        std::vector<unsigned> got(256);
        CU(cuMemcpyDtoH_v2(got.data(), dbins_, got.size() * sizeof(unsigned)));
        double worst = 0;
        for (std::size_t k = 0; k < 256; ++k) {
            const auto both = [&](std::size_t bin) {
                return static_cast<double>(bins_[bin] + bins_[bin + 256]);
            };
            const double other = both(k) * (static_cast<double>(got[0]) / both(0));
            worst = std::fmax(worst, std::fabs(static_cast<double>(got[k]) / other - 1));
        }
        return worst;
    }

  private:
    CUfunction function_;
    int count_;
    std::vector<unsigned> values_, bins_ = std::vector<unsigned>(512);  // 256 a thread
    CUdeviceptr din_ = upload(values_), dbins_ = upload(bins_);
};

class Scan final : public Case {
  public:
    Scan(const bench::Session& session, int count)
        : function_(session.function("scan")),
          count_(count),
          in_(some_numbers<int>(static_cast<std::size_t>(count), 100)),
          out_(in_.size()) {}
    const char* name() const override { return "scan"; }
    void run_device() override {
        launch(function_, {static_cast<unsigned>(count_) / 256, 1, 256, 1}, din_, dout_);
    }
    int host_units() const override { return count_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.scan(in_.data(), out_.data(), first, last);
    }
    double difference() override { return difference_of(dout_, out_); }

  private:
    CUfunction function_;
    int count_;
    std::vector<int> in_, out_;
    CUdeviceptr din_ = upload(in_), dout_ = upload(out_);
};

class Stencil final : public Case {
  public:
    Stencil(const bench::Session& session, int n)
        : function_(session.function("stencil")),
          n_(n),
          in_(some_floats(static_cast<std::size_t>(n) * static_cast<std::size_t>(n))),
          out_(in_.size()) {}
    const char* name() const override { return "stencil"; }
    void run_device() override {
        const auto n = static_cast<unsigned>(n_);
        launch(function_, {n / 32, n / 8, 32, 8}, din_, dout_, n_);
    }
    int host_units() const override { return n_; }
    void run_host(const Reference& with, int first, int last, int) override {
        with.stencil(in_.data(), out_.data(), n_, first, last);
    }
    double difference() override { return difference_of(dout_, out_); }

  private:
    CUfunction function_;
    int n_;
    std::vector<float> in_, out_;
    CUdeviceptr din_ = upload(in_), dout_ = upload(out_);
};

}  // namespace

std::vector<std::unique_ptr<Case>> make_cases(const bench::Session& session, bool quick) {
    const int scale = quick ? 1 : 4;
    std::vector<std::unique_ptr<Case>> cases;
    cases.push_back(std::make_unique<Vadd>(session, scale << 16));
    cases.push_back(std::make_unique<Sgemm>(session, quick ? 128 : 256));
    cases.push_back(std::make_unique<Reduce>(session, scale << 16));
    cases.push_back(std::make_unique<Mandelbrot>(session, 512, 96 * scale));
    // What the toolkit's own sample takes to compare itself with the processor: sixteen blocks.
    cases.push_back(std::make_unique<Nbody>(session, 1024 * scale));
    cases.push_back(std::make_unique<Histogram>(session, scale << 16));
    cases.push_back(std::make_unique<Scan>(session, scale << 16));
    cases.push_back(std::make_unique<Stencil>(session, 256 * scale));
    return cases;
}

}  // namespace bench_soft
