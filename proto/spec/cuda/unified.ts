// Chapter "Unified Addressing": block 0x0900. Every question about a pointer is answered by the region table.

import { call, devicePtr, enumOf, raw, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Unified Addressing';

export const unified = {
    cuPointerGetAttribute: call({
        id: 0x0900,
        since: 4000,
        flow: { class: 'local' },
        params: { data: raw('void*'), attribute: enumOf('CUpointer_attribute'), ptr: devicePtr },
        fails: { INVALID_VALUE: 'null, no such attribute, or an address CUDA does not know' },
        doc: 'One attribute of an address.',
        source,
    }),
    cuPointerGetAttributes: call({
        id: 0x0901,
        since: 7000,
        flow: { class: 'local' },
        params: {
            numAttributes: u32,
            attributes: raw('CUpointer_attribute*'),
            data: raw('void**'),
            ptr: devicePtr,
        },
        fails: { INVALID_VALUE: 'a null pointer, or no such attribute' },
        doc: 'Several attributes of an address; one CUDA does not know gives zeros, not an error.',
        source,
    }),
    cuPointerSetAttribute: call({
        id: 0x0902,
        since: 6000,
        flow: { class: 'local' },
        params: { value: raw('const void*'), attribute: enumOf('CUpointer_attribute'), ptr: devicePtr },
        fails: { INVALID_VALUE: 'null, an attribute that cannot be set, or an unknown address' },
        doc: 'Sets SYNC_MEMOPS, which every copy through Ferry already honours.',
        source,
    }),
} as const;
