// Chapter "Texture Object Management, Surface Object Management": block 0x1200. Kernels get the driver's own
// 64-bit values among their arguments, so making an object waits for the value. Descriptions hold no
// pointers but the resource, and travel as they lie in memory.

import { call, field, raw } from '../dsl.ts';

const source = 'CUDA Driver API: Texture Object Management, Surface Object Management';
const local = { class: 'local' } as const;
const sync = { class: 'sync', waits: 'reply' } as const;
const ended = { class: 'async', error: 'nextSync' } as const;
const notTexture = { INVALID_VALUE: 'null, or not a texture object' };
const notSurface = { INVALID_VALUE: 'null, or not a surface object' };
const badResource = {
    INVALID_VALUE: 'null, or descriptions that contradict each other or the memory',
    INVALID_HANDLE: 'not an array',
};

export const textures = {
    cuTexObjectCreate: call({
        id: 0x1200,
        since: 5000,
        flow: sync,
        params: {
            pTexObject: raw('CUtexObject*'),
            pResDesc: raw('const CUDA_RESOURCE_DESC*'),
            pTexDesc: raw('const CUDA_TEXTURE_DESC*'),
            pResViewDesc: raw('const CUDA_RESOURCE_VIEW_DESC*'),
        },
        hand: 'both',
        wire: {
            request: {
                image: field.handle('any'),
                resource: field.bytes('descriptionBytes'),
                reading: field.bytes('descriptionBytes'),
                view: field.bytes('descriptionBytes'),
            },
            reply: { object: field.u64 },
        },
        fails: badResource,
        doc: 'A 64-bit value that kernels read an array or memory through; `view` may be empty.',
        source,
    }),
    cuTexObjectDestroy: call({
        id: 0x1201,
        since: 5000,
        flow: ended,
        params: { texObject: raw('CUtexObject') },
        hand: 'both',
        wire: { request: { object: field.u64 } },
        fails: notTexture,
        doc: 'Ends a texture object; what it reads stays.',
        source,
    }),
    cuTexObjectGetResourceDesc: call({
        id: 0x1202,
        since: 5000,
        flow: local,
        params: { pResDesc: raw('CUDA_RESOURCE_DESC*'), texObject: raw('CUtexObject') },
        fails: notTexture,
        doc: 'What a texture object reads.',
        source,
    }),
    cuTexObjectGetTextureDesc: call({
        id: 0x1203,
        since: 5000,
        flow: local,
        params: { pTexDesc: raw('CUDA_TEXTURE_DESC*'), texObject: raw('CUtexObject') },
        fails: notTexture,
        doc: 'How a texture object reads.',
        source,
    }),
    cuTexObjectGetResourceViewDesc: call({
        id: 0x1204,
        since: 5000,
        flow: local,
        params: { pResViewDesc: raw('CUDA_RESOURCE_VIEW_DESC*'), texObject: raw('CUtexObject') },
        fails: notTexture,
        doc: 'The view a texture object was made with; INVALID_VALUE without one.',
        source,
    }),
    cuSurfObjectCreate: call({
        id: 0x1205,
        since: 5000,
        flow: sync,
        params: { pSurfObject: raw('CUsurfObject*'), pResDesc: raw('const CUDA_RESOURCE_DESC*') },
        hand: 'both',
        wire: { request: { array: field.handle('array') }, reply: { object: field.u64 } },
        fails: badResource,
        doc: 'A 64-bit value that kernels read and write an array through.',
        source,
    }),
    cuSurfObjectDestroy: call({
        id: 0x1206,
        since: 5000,
        flow: ended,
        params: { surfObject: raw('CUsurfObject') },
        hand: 'both',
        wire: { request: { object: field.u64 } },
        fails: notSurface,
        doc: 'Ends a surface object; the array stays.',
        source,
    }),
    cuSurfObjectGetResourceDesc: call({
        id: 0x1207,
        since: 5000,
        flow: local,
        params: { pResDesc: raw('CUDA_RESOURCE_DESC*'), surfObject: raw('CUsurfObject') },
        fails: notSurface,
        doc: 'The array of a surface object.',
        source,
    }),
} as const;
