// Chapter "Memory Management", two-dimensional copies: block 0x0800. One record serves all directions; rows
// travel packed, in slices of whole rows.

import { call, field, handle, raw } from '../dsl.ts';

const source = 'CUDA Driver API: Memory Management';

export const copies2d = {
    cuMemcpy2D_v2: call({
        id: 0x0800,
        since: 3020,
        twin: 'ptds',
        flow: { class: 'sync', waits: 'reply' },
        params: { pCopy: raw('const CUDA_MEMCPY2D*') },
        hand: 'guest',
        sends: ['cuMemcpy2DAsync_v2'],
        fails: { INVALID_VALUE: 'null, a pitch narrower than a row, or an array' },
        doc: 'Copies [Height][WidthInBytes] between pitched memory; arrays are not forwarded.',
        source,
    }),
    cuMemcpy2DUnaligned_v2: call({
        id: 0x0801,
        since: 3020,
        twin: 'ptds',
        flow: { class: 'sync', waits: 'reply' },
        params: { pCopy: raw('const CUDA_MEMCPY2D*') },
        hand: 'guest',
        sends: ['cuMemcpy2DAsync_v2'],
        fails: { INVALID_VALUE: 'null, a pitch narrower than a row, or an array' },
        doc: 'As cuMemcpy2D_v2; any pitch is taken.',
        source,
    }),
    cuMemcpy2DAsync_v2: call({
        id: 0x0802,
        since: 3020,
        twin: 'ptsz',
        flow: { class: 'deferred', lands: 'hStream' },
        params: { pCopy: raw('const CUDA_MEMCPY2D*'), hStream: handle('stream') },
        hand: 'both',
        wire: {
            request: {
                kind: field.u32,
                dst: field.u64,
                dst_pitch: field.u64,
                src: field.u64,
                src_pitch: field.u64,
                width: field.u64,
                height: field.u64,
                stream: field.handle('stream'),
                data: field.bytes('copySliceBytes'),
            },
        },
        fails: {
            INVALID_VALUE: 'null, a pitch narrower than a row, or an array',
            INVALID_HANDLE: 'not a stream',
        },
        doc: '0: within the device; 1: packed `data` to it; 2: lands packed; 3, 4: to it, from it; arena.',
        source,
    }),
} as const;
