// Not here yet.
#include "check.h"
namespace numerics_test {
void test_approx(Context&) {}
}  // namespace numerics_test
