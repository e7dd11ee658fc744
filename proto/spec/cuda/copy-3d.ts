// Chapter "Memory Management, 3D copies and batches": block 0x1100. One record serves all directions and all
// that has an array on a side; bytes of the program travel packed, a piece of the box at a time.

import { call, field, handle, raw, size } from '../dsl.ts';

const source = 'CUDA Driver API: Memory Management, 3D copies and batches';
const sync = { class: 'sync', waits: 'reply' } as const;
const deferred = { class: 'deferred', lands: 'hStream' } as const;
const badBox = {
    INVALID_VALUE: 'null, a pitch narrower than a row, or what reaches beyond an array or an allocation',
    INVALID_HANDLE: 'not an array, or not a stream',
};
const peers = { INVALID_CONTEXT: 'not a context', ...badBox };
const batched = { ...badBox, INVALID_VALUE: 'null, the legacy stream, or attributes that do not fit' };
const hStream = handle('stream');

export const copies3d = {
    cuMemcpy3D_v2: call({
        id: 0x1100,
        since: 3020,
        twin: 'ptds',
        flow: sync,
        params: { pCopy: raw('const CUDA_MEMCPY3D*') },
        hand: 'guest',
        sends: ['cuMemcpy3DAsync_v2'],
        fails: badBox,
        doc: 'Copies a box between any two of host, device memory and arrays.',
        source,
    }),
    cuMemcpy3DAsync_v2: call({
        id: 0x1101,
        since: 3020,
        twin: 'ptsz',
        flow: deferred,
        params: { pCopy: raw('const CUDA_MEMCPY3D*'), hStream },
        hand: 'both',
        wire: {
            request: {
                kind: field.u32,
                dst_array: field.handle('array'),
                dst: field.u64,
                dst_pitch: field.u64,
                dst_height: field.u64,
                dst_x: field.u64,
                dst_y: field.u64,
                dst_z: field.u64,
                src_array: field.handle('array'),
                src: field.u64,
                src_pitch: field.u64,
                src_height: field.u64,
                src_x: field.u64,
                src_y: field.u64,
                src_z: field.u64,
                width: field.u64,
                height: field.u64,
                depth: field.u64,
                stream: field.handle('stream'),
                data: field.bytes('copySliceBytes'),
            },
        },
        fails: badBox,
        doc: '0: within the device; 1: packed `data` to it; 2: lands packed; 3, 4: to it, from it; arena.',
        source,
    }),
    cuMemcpy3DPeer: call({
        id: 0x1102,
        since: 4000,
        twin: 'ptds',
        flow: sync,
        params: { pCopy: raw('const CUDA_MEMCPY3D_PEER*') },
        hand: 'guest',
        sends: ['cuMemcpy3DAsync_v2'],
        fails: peers,
        doc: 'Copies a box between two contexts, whose memory has one address space.',
        source,
    }),
    cuMemcpy3DPeerAsync: call({
        id: 0x1103,
        since: 4000,
        twin: 'ptsz',
        flow: deferred,
        params: { pCopy: raw('const CUDA_MEMCPY3D_PEER*'), hStream },
        hand: 'guest',
        sends: ['cuMemcpy3DAsync_v2'],
        fails: peers,
        doc: 'Copies a box between two contexts, ordered by a stream.',
        source,
    }),
    cuMemcpyBatchAsync_v2: call({
        id: 0x1104,
        since: 13000,
        twin: 'ptsz',
        flow: deferred,
        params: {
            dsts: raw('CUdeviceptr*'),
            srcs: raw('CUdeviceptr*'),
            sizes: raw('size_t*'),
            count: size,
            attrs: raw('CUmemcpyAttributes*'),
            attrIdxs: raw('size_t*'),
            numAttrs: size,
            hStream,
        },
        hand: 'guest',
        sends: ['cuMemcpyHtoDAsync_v2', 'cuMemcpyDtoHAsync_v2', 'cuMemcpyDtoDAsync_v2'],
        fails: batched,
        doc: 'Several copies at once, in no order among themselves.',
        source,
    }),
    cuMemcpy3DBatchAsync_v2: call({
        id: 0x1105,
        since: 13000,
        twin: 'ptsz',
        flow: deferred,
        params: {
            numParams: size,
            opList: raw('CUDA_MEMCPY3D_BATCH_OP*'),
            flags: raw('unsigned long long'),
            hStream,
        },
        hand: 'guest',
        sends: ['cuMemcpy3DAsync_v2'],
        fails: batched,
        doc: 'Several copies of boxes at once, in no order among themselves.',
        source,
    }),
} as const;
