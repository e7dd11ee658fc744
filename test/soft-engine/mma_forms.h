// One form of mma: its text, its types, and which element of each matrix a lane's i-th is. Used by
// mma_test.cc and mma_strides_test.cc, which describe the same layouts in two ways.
#pragma once
#include <functional>
#include <string>

#include "matrix_values.h"

namespace soft_test {

struct At {
    int row;
    int column;
};
using Layout = std::function<At(int lane, int i)>;

struct Form {
    std::string text;  // after "mma.sync.aligned."
    int m, n, k;
    std::string d, a, b, c;
    Layout place_a, place_b, place_d, place_c;
    Combine combine = Combine::multiply;
};

// Runs the form on random matrices whose elements lie in the registers where the layouts say, and compares
// the result's. `copies` is 4 for m8n8k4 of f16, where the lanes 4q..4q+3 and 16 above make product q.
void check_form(const Form& form, int copies = 1);

}  // namespace soft_test
