// Chapter "Virtual Memory Management": block 0x1500.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Virtual Memory Management');

export const virtualMemory = {
    cuMemGetAccess: row(
        0x1500,
        10020,
        { flags: 'unsigned long long*', location: 'const CUmemLocation*', ptr: 'CUdeviceptr' },
        'What a location may do at an address.',
    ),
    cuMemExportToShareableHandle: row(
        0x1501,
        10020,
        {
            shareableHandle: 'void*',
            handle: 'CUmemGenericAllocationHandle',
            handleType: 'CUmemAllocationHandleType',
            flags: 'unsigned long long',
        },
        'A handle of the system by which another process gets the memory.',
    ),
    cuMemImportFromShareableHandle: row(
        0x1502,
        10020,
        {
            handle: 'CUmemGenericAllocationHandle*',
            osHandle: 'void*',
            shHandleType: 'CUmemAllocationHandleType',
        },
        'The memory of another process.',
    ),
    cuMemGetAllocationPropertiesFromHandle: row(
        0x1503,
        10020,
        { prop: 'CUmemAllocationProp*', handle: 'CUmemGenericAllocationHandle' },
        'What memory without an address was made with.',
    ),
    cuMemRetainAllocationHandle: row(
        0x1504,
        11000,
        { handle: 'CUmemGenericAllocationHandle*', addr: 'void*' },
        'The memory that is mapped at an address, held once more.',
    ),
    cuMemGetHandleForAddressRange: row(
        0x1505,
        11070,
        {
            handle: 'void*',
            dptr: 'CUdeviceptr',
            size: 'size_t',
            handleType: 'CUmemRangeHandleType',
            flags: 'unsigned long long',
        },
        'A handle of the system for a range of addresses.',
    ),
} as const;
