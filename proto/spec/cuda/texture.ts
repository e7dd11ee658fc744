// Chapter "Texture Object Management, Surface Object Management": block 0x1200.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Texture Object Management, Surface Object Management');

export const textures = {
    cuTexObjectCreate: row(
        0x1200,
        5000,
        {
            pTexObject: 'CUtexObject*',
            pResDesc: 'const CUDA_RESOURCE_DESC*',
            pTexDesc: 'const CUDA_TEXTURE_DESC*',
            pResViewDesc: 'const CUDA_RESOURCE_VIEW_DESC*',
        },
        'A 64-bit value that kernels read an array or memory through.',
    ),
    cuTexObjectDestroy: row(
        0x1201,
        5000,
        { texObject: 'CUtexObject' },
        'Ends a texture object; what it reads stays.',
    ),
    cuTexObjectGetResourceDesc: row(
        0x1202,
        5000,
        { pResDesc: 'CUDA_RESOURCE_DESC*', texObject: 'CUtexObject' },
        'What a texture object reads.',
    ),
    cuTexObjectGetTextureDesc: row(
        0x1203,
        5000,
        { pTexDesc: 'CUDA_TEXTURE_DESC*', texObject: 'CUtexObject' },
        'How a texture object reads.',
    ),
    cuTexObjectGetResourceViewDesc: row(
        0x1204,
        5000,
        { pResViewDesc: 'CUDA_RESOURCE_VIEW_DESC*', texObject: 'CUtexObject' },
        'The view a texture object was made with; INVALID_VALUE without one.',
    ),
    cuSurfObjectCreate: row(
        0x1205,
        5000,
        { pSurfObject: 'CUsurfObject*', pResDesc: 'const CUDA_RESOURCE_DESC*' },
        'A 64-bit value that kernels read and write an array through.',
    ),
    cuSurfObjectDestroy: row(
        0x1206,
        5000,
        { surfObject: 'CUsurfObject' },
        'Ends a surface object; the array stays.',
    ),
    cuSurfObjectGetResourceDesc: row(
        0x1207,
        5000,
        { pResDesc: 'CUDA_RESOURCE_DESC*', surfObject: 'CUsurfObject' },
        'The array of a surface object.',
    ),
} as const;
