// What one process gives another, and by which kind of handle.
// Included by cudart/abi.h only.
#pragma once
#include "cudart/abi/handles.h"

namespace abi {

enum CUipcMem_flags : int {
    CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS = 0x1,
};

enum CUmemRangeHandleType : int {
    CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD = 0x1,
    CU_MEM_RANGE_HANDLE_TYPE_MAX = 0x7FFFFFFF,
};

struct CUipcMemHandle {
    char reserved[64];
};

struct CUipcEventHandle {
    char reserved[64];
};

}  // namespace abi
