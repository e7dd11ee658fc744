// Chapter "Unified Addressing, Memory Management": block 0x1400.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Unified Addressing, Memory Management');

export const managed = {
    cuMemAllocManaged: row(
        0x1400,
        6000,
        { dptr: 'CUdeviceptr*', bytesize: 'size_t', flags: 'unsigned int' },
        'Memory with one address for the host and all devices.',
    ),
    cuMemPrefetchAsync: row(
        0x1401,
        8000,
        { devPtr: 'CUdeviceptr', count: 'size_t', dstDevice: 'CUdevice', hStream: 'CUstream' },
        'Moves managed memory to a device, or to the host as device -1.',
        'ptsz',
    ),
    cuMemPrefetchAsync_v2: row(
        0x1402,
        12020,
        {
            devPtr: 'CUdeviceptr',
            count: 'size_t',
            location: 'CUmemLocation',
            flags: 'unsigned int',
            hStream: 'CUstream',
        },
        'Moves managed memory to a location.',
        'ptsz',
    ),
    cuMemAdvise: row(
        0x1403,
        8000,
        { devPtr: 'CUdeviceptr', count: 'size_t', advice: 'CUmem_advise', device: 'CUdevice' },
        'How managed memory will be used, about a device.',
    ),
    cuMemAdvise_v2: row(
        0x1404,
        12020,
        { devPtr: 'CUdeviceptr', count: 'size_t', advice: 'CUmem_advise', location: 'CUmemLocation' },
        'How managed memory will be used, about a location.',
    ),
    cuMemRangeGetAttribute: row(
        0x1405,
        8000,
        {
            data: 'void*',
            dataSize: 'size_t',
            attribute: 'CUmem_range_attribute',
            devPtr: 'CUdeviceptr',
            count: 'size_t',
        },
        'One attribute of a range of managed memory.',
    ),
    cuMemRangeGetAttributes: row(
        0x1406,
        8000,
        {
            data: 'void**',
            dataSizes: 'size_t*',
            attributes: 'CUmem_range_attribute*',
            numAttributes: 'size_t',
            devPtr: 'CUdeviceptr',
            count: 'size_t',
        },
        'Several attributes of a range of managed memory.',
    ),
    cuMemPrefetchBatchAsync: row(
        0x1407,
        13000,
        {
            dptrs: 'CUdeviceptr*',
            sizes: 'size_t*',
            count: 'size_t',
            prefetchLocs: 'CUmemLocation*',
            prefetchLocIdxs: 'size_t*',
            numPrefetchLocs: 'size_t',
            flags: 'unsigned long long',
            hStream: 'CUstream',
        },
        'Moves several ranges of managed memory.',
        'ptsz',
    ),
    cuMemDiscardBatchAsync: row(
        0x1408,
        13000,
        {
            dptrs: 'CUdeviceptr*',
            sizes: 'size_t*',
            count: 'size_t',
            flags: 'unsigned long long',
            hStream: 'CUstream',
        },
        'Says that what several ranges hold is not needed.',
        'ptsz',
    ),
    cuMemDiscardAndPrefetchBatchAsync: row(
        0x1409,
        13000,
        {
            dptrs: 'CUdeviceptr*',
            sizes: 'size_t*',
            count: 'size_t',
            prefetchLocs: 'CUmemLocation*',
            prefetchLocIdxs: 'size_t*',
            numPrefetchLocs: 'size_t',
            flags: 'unsigned long long',
            hStream: 'CUstream',
        },
        'Discards several ranges, then moves them.',
        'ptsz',
    ),
} as const;
