// See mma_forms.h.
#include "mma_forms.h"

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

int per_word(const ElementFormat& f) { return f.bits >= 32 ? 1 : 32 / f.bits; }

struct Operand {
    const ElementFormat& format;
    int words;  // registers of a lane
    int first;  // cell: `first` + word of the lane's column
};

Operand operand(const std::string& name, int rows, int columns, int copies, int first) {
    const ElementFormat& format = format_of(name);
    return {format, rows * columns * copies / 32 / per_word(format), first};
}

// Cells are 64 bits, one a lane and register.
void fill(const Operand& o, const Layout& place, const std::function<double(At, int lane)>& value,
          Buffer<std::uint64_t>& cells) {
    const int in_word = per_word(o.format);
    for (int lane = 0; lane < 32; ++lane) {
        for (int word = 0; word < o.words; ++word) {
            std::uint64_t bits = 0;
            for (int e = 0; e < in_word; ++e)
                bits |= encode(o.format, value(place(lane, word * in_word + e), lane)) << (e * o.format.bits);
            cells[static_cast<std::size_t>((o.first + word) * 32 + lane)] = bits;
        }
    }
}

std::string registers(const Operand& o) {
    std::string text("{");
    for (int k = 0; k < o.words; ++k)
        text += std::string(k == 0 ? "" : ", ") + (o.format.bits == 64 ? "%d" : "%r") +
                std::to_string(o.first + k);
    return text + "}";
}

std::string moves(const Operand& o, bool is_load) {
    std::string text;
    for (int k = 0; k < o.words; ++k) {
        const std::string type = o.format.bits == 64 ? "b64" : "b32";
        const std::string reg = (o.format.bits == 64 ? "%d" : "%r") + std::to_string(o.first + k);
        const std::string cell = "[%p+" + std::to_string(256 * (o.first + k)) + "]";
        text += is_load ? "ld.global." + type + " " + reg + ", " + cell + ";\n"
                        : "st.global." + type + " " + cell + ", " + reg + ";\n";
    }
    return text;
}

}  // namespace

void check_form(const Form& form, int copies) {
    HeapDevice device;
    const Operand d = operand(form.d, form.m, form.n, copies, 0);
    const Operand a = operand(form.a, form.m, form.k, copies, d.words);
    const Operand b = operand(form.b, form.k, form.n, copies, a.first + a.words);
    const Operand c = operand(form.c, form.m, form.n, copies, b.first + b.words);
    const std::string text = "mma.sync.aligned." + form.text;
    Kernels kernels(device, plain_kernel(moves(a, true) + moves(b, true) + moves(c, true) + text + " " +
                                         registers(d) + ", " + registers(a) + ", " + registers(b) + ", " +
                                         registers(c) + ";\n" + moves(d, false)));
    CHECK_EQ(kernels.log, std::string());
    if (kernels.error != 0) return;
    Buffer<std::uint64_t> cells(device, 32 * 64);
    std::vector<Matrix> as, bs, cs;
    for (int k = 0; k < copies; ++k) {
        as.push_back(random_matrix(a.format, form.m, form.k));
        bs.push_back(random_matrix(b.format, form.k, form.n));
        cs.push_back(random_matrix(c.format, form.m, form.n));
    }
    const auto copy = [=](int lane) { return static_cast<std::size_t>(copies == 1 ? 0 : lane / 4 % 4); };
    fill(
        a, form.place_a, [&](At p, int lane) { return as[copy(lane)].at(p.row, p.column); }, cells);
    fill(
        b, form.place_b, [&](At p, int lane) { return bs[copy(lane)].at(p.row, p.column); }, cells);
    fill(
        c, form.place_c, [&](At p, int lane) { return cs[copy(lane)].at(p.row, p.column); }, cells);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(cells.address()));
    CHECK_EQ(fault.text, std::string());
    const int in_word = per_word(d.format);
    int wrong = 0;
    for (int lane = 0; lane < 32; ++lane) {
        const std::size_t which = copy(lane);
        const Matrix expected = product(as[which], bs[which], cs[which], form.combine);
        for (int i = 0; i < d.words * in_word; ++i) {
            const std::uint64_t cell = cells[static_cast<std::size_t>(i / in_word * 32 + lane)];
            const At p = form.place_d(lane, i);
            wrong += decode(d.format, cell >> (i % in_word * d.format.bits)) != expected.at(p.row, p.column);
        }
    }
    if (wrong != 0)
        report_failure(__FILE__, __LINE__, text + ": " + std::to_string(wrong) + " elements differ");
}

}  // namespace soft_test
