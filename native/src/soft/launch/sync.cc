// Warp-wide operations that name their members: lanes wait until every live member has come. See runtime.h.
#include "soft/launch/runtime.h"

namespace soft {

void recheck_sync(Warp&) {}

}  // namespace soft
