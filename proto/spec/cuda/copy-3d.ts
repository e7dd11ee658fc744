// Chapter "Memory Management, 3D copies and batches": block 0x1100.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Memory Management, 3D copies and batches');

export const copies3d = {
    cuMemcpy3D_v2: row(
        0x1100,
        3020,
        { pCopy: 'const CUDA_MEMCPY3D*' },
        'Copies a box between any two of host, device memory and arrays.',
        'ptds',
    ),
    cuMemcpy3DAsync_v2: row(
        0x1101,
        3020,
        { pCopy: 'const CUDA_MEMCPY3D*', hStream: 'CUstream' },
        'Copies a box, ordered by a stream.',
        'ptsz',
    ),
    cuMemcpy3DPeer: row(
        0x1102,
        4000,
        { pCopy: 'const CUDA_MEMCPY3D_PEER*' },
        'Copies a box between two contexts.',
        'ptds',
    ),
    cuMemcpy3DPeerAsync: row(
        0x1103,
        4000,
        { pCopy: 'const CUDA_MEMCPY3D_PEER*', hStream: 'CUstream' },
        'Copies a box between two contexts, ordered by a stream.',
        'ptsz',
    ),
    cuMemcpyBatchAsync_v2: row(
        0x1104,
        13000,
        {
            dsts: 'CUdeviceptr*',
            srcs: 'CUdeviceptr*',
            sizes: 'size_t*',
            count: 'size_t',
            attrs: 'CUmemcpyAttributes*',
            attrIdxs: 'size_t*',
            numAttrs: 'size_t',
            hStream: 'CUstream',
        },
        'Several copies at once, in no order among themselves.',
        'ptsz',
    ),
    cuMemcpy3DBatchAsync_v2: row(
        0x1105,
        13000,
        {
            numParams: 'size_t',
            opList: 'CUDA_MEMCPY3D_BATCH_OP*',
            flags: 'unsigned long long',
            hStream: 'CUstream',
        },
        'Several copies of boxes at once, in no order among themselves.',
        'ptsz',
    ),
} as const;
