// Chapter "Stream Ordered Memory Allocator": block 0x1300.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Stream Ordered Memory Allocator');

export const pools = {
    cuMemAllocAsync: row(
        0x1300,
        11020,
        { dptr: 'CUdeviceptr*', bytesize: 'size_t', hStream: 'CUstream' },
        "Memory of the device's current pool, usable behind this point of the stream.",
        'ptsz',
    ),
    cuMemFreeAsync: row(
        0x1301,
        11020,
        { dptr: 'CUdeviceptr', hStream: 'CUstream' },
        'Gives memory back at this point of the stream.',
        'ptsz',
    ),
    cuMemAllocFromPoolAsync: row(
        0x1302,
        11020,
        { dptr: 'CUdeviceptr*', bytesize: 'size_t', pool: 'CUmemoryPool', hStream: 'CUstream' },
        'Memory of a pool, usable behind this point of the stream.',
        'ptsz',
    ),
    cuMemPoolCreate: row(
        0x1303,
        11020,
        { pool: 'CUmemoryPool*', poolProps: 'const CUmemPoolProps*' },
        'A pool on one device.',
    ),
    cuMemPoolDestroy: row(
        0x1304,
        11020,
        { pool: 'CUmemoryPool' },
        'Ends a pool once its last allocation is free.',
    ),
    cuMemPoolTrimTo: row(
        0x1305,
        11020,
        { pool: 'CUmemoryPool', minBytesToKeep: 'size_t' },
        'Gives unused memory of a pool back to the device, down to a size.',
    ),
    cuMemPoolGetAttribute: row(
        0x1306,
        11020,
        { pool: 'CUmemoryPool', attr: 'CUmemPool_attribute', value: 'void*' },
        'One attribute of a pool: how it reuses, what it holds and uses.',
    ),
    cuMemPoolSetAttribute: row(
        0x1307,
        11020,
        { pool: 'CUmemoryPool', attr: 'CUmemPool_attribute', value: 'void*' },
        'Sets one attribute of a pool, or resets a high mark with 0.',
    ),
    cuMemPoolSetAccess: row(
        0x1308,
        11020,
        { pool: 'CUmemoryPool', map: 'const CUmemAccessDesc*', count: 'size_t' },
        'Which devices may use the memory of a pool.',
    ),
    cuMemPoolGetAccess: row(
        0x1309,
        11020,
        { flags: 'CUmemAccess_flags*', memPool: 'CUmemoryPool', location: 'CUmemLocation*' },
        'What a device may do with the memory of a pool.',
    ),
    cuMemPoolExportToShareableHandle: row(
        0x130a,
        11020,
        {
            handle_out: 'void*',
            pool: 'CUmemoryPool',
            handleType: 'CUmemAllocationHandleType',
            flags: 'unsigned long long',
        },
        'A handle of the system by which another process gets the pool.',
    ),
    cuMemPoolImportFromShareableHandle: row(
        0x130b,
        11020,
        {
            pool_out: 'CUmemoryPool*',
            handle: 'void*',
            handleType: 'CUmemAllocationHandleType',
            flags: 'unsigned long long',
        },
        'The pool of another process.',
    ),
    cuMemPoolExportPointer: row(
        0x130c,
        11020,
        { shareData_out: 'CUmemPoolPtrExportData*', ptr: 'CUdeviceptr' },
        'What another process needs to get one allocation of a pool.',
    ),
    cuMemPoolImportPointer: row(
        0x130d,
        11020,
        { ptr_out: 'CUdeviceptr*', pool: 'CUmemoryPool', shareData: 'CUmemPoolPtrExportData*' },
        'An allocation of the pool of another process.',
    ),
    cuDeviceGetDefaultMemPool: row(
        0x130e,
        11020,
        { pool_out: 'CUmemoryPool*', dev: 'CUdevice' },
        'The pool a device has from the start.',
    ),
    cuDeviceGetMemPool: row(
        0x130f,
        11020,
        { pool: 'CUmemoryPool*', dev: 'CUdevice' },
        'The pool cuMemAllocAsync takes from.',
    ),
    cuDeviceSetMemPool: row(
        0x1310,
        11020,
        { dev: 'CUdevice', pool: 'CUmemoryPool' },
        'Which pool cuMemAllocAsync takes from.',
    ),
    cuMemGetDefaultMemPool: row(
        0x1311,
        13000,
        { pool_out: 'CUmemoryPool*', location: 'CUmemLocation*', type: 'CUmemAllocationType' },
        'The pool a location has from the start.',
    ),
    cuMemGetMemPool: row(
        0x1312,
        13000,
        { pool_out: 'CUmemoryPool*', location: 'CUmemLocation*', type: 'CUmemAllocationType' },
        'The current pool of a location.',
    ),
    cuMemSetMemPool: row(
        0x1313,
        13000,
        { location: 'CUmemLocation*', type: 'CUmemAllocationType', pool: 'CUmemoryPool' },
        'Which pool of a location is current.',
    ),
    cuDeviceGetGraphMemAttribute: row(
        0x1314,
        11040,
        { device: 'CUdevice', attr: 'CUgraphMem_attribute', value: 'void*' },
        'What the memory nodes of graphs use on a device.',
    ),
    cuDeviceSetGraphMemAttribute: row(
        0x1315,
        11040,
        { device: 'CUdevice', attr: 'CUgraphMem_attribute', value: 'void*' },
        'Resets a high mark of the memory of graphs.',
    ),
    cuDeviceGraphMemTrim: row(
        0x1316,
        11040,
        { device: 'CUdevice' },
        'Gives unused memory of graphs back to the device.',
    ),
} as const;
