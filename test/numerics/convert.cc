// Not here yet.
#include "check.h"
namespace numerics_test {
void test_convert(Context&) {}
}  // namespace numerics_test
