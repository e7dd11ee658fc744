// Opaque handles and the plain scalar types of the driver API. What a handle points at is never looked into:
// in a guest it is a wire::Handle value, in the host it is the driver's own.
// Included by cudart/abi.h and by its other parts.
#pragma once
#include <cstdint>

namespace abi {

using cuuint32_t = std::uint32_t;
using cuuint64_t = std::uint64_t;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUtexObject = unsigned long long;
using CUsurfObject = unsigned long long;
using CUgraphConditionalHandle = cuuint64_t;

struct CUctx_st;
struct CUmod_st;
struct CUfunc_st;
struct CUlib_st;
struct CUkern_st;
struct CUarray_st;
struct CUmipmappedArray_st;
struct CUmemPoolHandle_st;
struct CUlinkState_st;
struct CUevent_st;
struct CUstream_st;
struct CUgraph_st;
struct CUgraphNode_st;
struct CUgraphExec_st;
struct CUuserObject_st;
struct CUextSemaphore_st;
struct CUgraphDeviceUpdatableNode_st;
struct CUgreenCtx_st;

using CUcontext = CUctx_st*;
using CUmodule = CUmod_st*;
using CUfunction = CUfunc_st*;
using CUlibrary = CUlib_st*;
using CUkernel = CUkern_st*;
using CUarray = CUarray_st*;
using CUmipmappedArray = CUmipmappedArray_st*;
using CUmemoryPool = CUmemPoolHandle_st*;
using CUlinkState = CUlinkState_st*;
using CUevent = CUevent_st*;
using CUstream = CUstream_st*;
using CUgraph = CUgraph_st*;
using CUgraphNode = CUgraphNode_st*;
using CUgraphExec = CUgraphExec_st*;
using CUuserObject = CUuserObject_st*;
using CUexternalSemaphore = CUextSemaphore_st*;
using CUgraphDeviceNode = CUgraphDeviceUpdatableNode_st*;
using CUgreenCtx = CUgreenCtx_st*;

struct CUuuid {
    char bytes[16];
};

}  // namespace abi
