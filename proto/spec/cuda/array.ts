// Chapter "Memory Management, arrays": block 0x1000.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Memory Management, arrays');

export const arrays = {
    cuArrayCreate_v2: row(
        0x1000,
        3020,
        { pHandle: 'CUarray*', pAllocateArray: 'const CUDA_ARRAY_DESCRIPTOR*' },
        'A 1D or 2D array of 1, 2 or 4 channels.',
    ),
    cuArrayGetDescriptor_v2: row(
        0x1001,
        3020,
        { pArrayDescriptor: 'CUDA_ARRAY_DESCRIPTOR*', hArray: 'CUarray' },
        'What a 1D or 2D array was made with.',
    ),
    cuArray3DCreate_v2: row(
        0x1002,
        3020,
        { pHandle: 'CUarray*', pAllocateArray: 'const CUDA_ARRAY3D_DESCRIPTOR*' },
        'An array of up to three dimensions, layers or cube faces; flags say what may use it.',
    ),
    cuArray3DGetDescriptor_v2: row(
        0x1003,
        3020,
        { pArrayDescriptor: 'CUDA_ARRAY3D_DESCRIPTOR*', hArray: 'CUarray' },
        'What an array was made with, whatever its shape.',
    ),
    cuArrayDestroy: row(0x1004, 2000, { hArray: 'CUarray' }, 'Ends an array once no work uses it.'),
    cuArrayGetMemoryRequirements: row(
        0x1005,
        11060,
        { memoryRequirements: 'CUDA_ARRAY_MEMORY_REQUIREMENTS*', array: 'CUarray', device: 'CUdevice' },
        'Size and alignment of the memory behind an array.',
    ),
    cuArrayGetPlane: row(
        0x1006,
        11020,
        { pPlaneArray: 'CUarray*', hArray: 'CUarray', planeIdx: 'unsigned int' },
        'One plane of an array of several planes.',
    ),
    cuMipmappedArrayCreate: row(
        0x1007,
        5000,
        {
            pHandle: 'CUmipmappedArray*',
            pMipmappedArrayDesc: 'const CUDA_ARRAY3D_DESCRIPTOR*',
            numMipmapLevels: 'unsigned int',
        },
        'An array with its smaller levels.',
    ),
    cuMipmappedArrayDestroy: row(
        0x1008,
        5000,
        { hMipmappedArray: 'CUmipmappedArray' },
        'Ends a mipmapped array and its levels.',
    ),
    cuMipmappedArrayGetLevel: row(
        0x1009,
        5000,
        { pLevelArray: 'CUarray*', hMipmappedArray: 'CUmipmappedArray', level: 'unsigned int' },
        'The array that is one level; it belongs to the mipmapped array.',
    ),
    cuMipmappedArrayGetMemoryRequirements: row(
        0x100a,
        11060,
        {
            memoryRequirements: 'CUDA_ARRAY_MEMORY_REQUIREMENTS*',
            mipmap: 'CUmipmappedArray',
            device: 'CUdevice',
        },
        'Size and alignment of the memory behind all levels.',
    ),
    cuMemcpyAtoA_v2: row(
        0x100b,
        3020,
        {
            dstArray: 'CUarray',
            dstOffset: 'size_t',
            srcArray: 'CUarray',
            srcOffset: 'size_t',
            ByteCount: 'size_t',
        },
        'Copies between two arrays; offsets are bytes of their first row.',
        'ptds',
    ),
    cuMemcpyAtoD_v2: row(
        0x100c,
        3020,
        { dstDevice: 'CUdeviceptr', srcArray: 'CUarray', srcOffset: 'size_t', ByteCount: 'size_t' },
        'Copies from an array to device memory.',
        'ptds',
    ),
    cuMemcpyAtoH_v2: row(
        0x100d,
        3020,
        { dstHost: 'void*', srcArray: 'CUarray', srcOffset: 'size_t', ByteCount: 'size_t' },
        'Copies from an array to host memory.',
        'ptds',
    ),
    cuMemcpyAtoHAsync_v2: row(
        0x100e,
        3020,
        {
            dstHost: 'void*',
            srcArray: 'CUarray',
            srcOffset: 'size_t',
            ByteCount: 'size_t',
            hStream: 'CUstream',
        },
        'Copies from an array to host memory, ordered by a stream.',
        'ptsz',
    ),
    cuMemcpyDtoA_v2: row(
        0x100f,
        3020,
        { dstArray: 'CUarray', dstOffset: 'size_t', srcDevice: 'CUdeviceptr', ByteCount: 'size_t' },
        'Copies from device memory to an array.',
        'ptds',
    ),
    cuMemcpyHtoA_v2: row(
        0x1010,
        3020,
        { dstArray: 'CUarray', dstOffset: 'size_t', srcHost: 'const void*', ByteCount: 'size_t' },
        'Copies from host memory to an array.',
        'ptds',
    ),
    cuMemcpyHtoAAsync_v2: row(
        0x1011,
        3020,
        {
            dstArray: 'CUarray',
            dstOffset: 'size_t',
            srcHost: 'const void*',
            ByteCount: 'size_t',
            hStream: 'CUstream',
        },
        'Copies from host memory to an array, ordered by a stream.',
        'ptsz',
    ),
} as const;
