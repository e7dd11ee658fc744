// Ferry's own statement of the CUDA driver ABI: what calls, structures and constants look like to a
// program that was compiled against CUDA 13. Vendor spelling throughout, everything in namespace abi, so
// that both this and a toolkit's cuda.h can stand in one translation unit: the generated
// build/gen/abi_proof.cc compares them where a toolkit exists. Included by the shim, the engine and the
// software device; includes nothing but its parts.
#pragma once
#include "cudart/abi/array.h"
#include "cudart/abi/code.h"
#include "cudart/abi/context.h"
#include "cudart/abi/copy_3d.h"
#include "cudart/abi/device.h"
#include "cudart/abi/graph.h"
#include "cudart/abi/graph_node.h"
#include "cudart/abi/handles.h"
#include "cudart/abi/ipc.h"
#include "cudart/abi/launch.h"
#include "cudart/abi/managed.h"
#include "cudart/abi/mapping.h"
#include "cudart/abi/memory.h"
#include "cudart/abi/pool.h"
#include "cudart/abi/result.h"
#include "cudart/abi/stream.h"
#include "cudart/abi/stream_value.h"
#include "cudart/abi/texture.h"
