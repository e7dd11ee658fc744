// Chapter "Occupancy": block 0x0d00.

import { call, handle, i32, named, out, raw, size, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Occupancy';
const sync = { class: 'sync', waits: 'reply' } as const;
const fails = { INVALID_VALUE: 'null, or an impossible block', INVALID_HANDLE: 'not a function or kernel' };

export const occupancy = {
    cuOccupancyMaxActiveBlocksPerMultiprocessor: call({
        id: 0x0d00,
        since: 6050,
        flow: sync,
        params: { numBlocks: out(i32), func: handle('function'), blockSize: i32, dynamicSMemSize: size },
        via: {
            call: 'cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags',
            with: { flags: { literal: 0 } },
        },
        fails,
        doc: 'As the call with flags, with none.',
        source,
    }),
    cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags: call({
        id: 0x0d01,
        since: 7000,
        flow: sync,
        params: {
            numBlocks: out(i32),
            func: handle('function'),
            blockSize: i32,
            dynamicSMemSize: size,
            flags: u32,
        },
        hand: 'guest',
        fails,
        doc: 'How many blocks of `blockSize` threads and `dynamicSMemSize` bytes a multiprocessor holds.',
        source,
    }),
    cuOccupancyMaxPotentialBlockSize: call({
        id: 0x0d02,
        since: 6050,
        flow: sync,
        params: {
            minGridSize: raw('int*'),
            blockSize: raw('int*'),
            func: handle('function'),
            blockSizeToDynamicSMemSize: raw('CUoccupancyB2DSize'),
            dynamicSMemSize: size,
            blockSizeLimit: i32,
        },
        via: { call: 'cuOccupancyMaxPotentialBlockSizeWithFlags', with: { flags: { literal: 0 } } },
        fails,
        doc: 'As the call with flags, with none.',
        source,
    }),
    cuOccupancyMaxPotentialBlockSizeWithFlags: call({
        id: 0x0d03,
        since: 7000,
        flow: sync,
        params: {
            minGridSize: raw('int*'),
            blockSize: raw('int*'),
            func: handle('function'),
            blockSizeToDynamicSMemSize: raw('CUoccupancyB2DSize'),
            dynamicSMemSize: size,
            blockSizeLimit: i32,
            flags: u32,
        },
        hand: 'guest',
        sends: ['cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags'],
        fails,
        doc: 'The block size of the highest occupancy; the sizing function runs in the guest.',
        source,
    }),
    cuOccupancyAvailableDynamicSMemPerBlock: call({
        id: 0x0d04,
        since: 10020,
        flow: sync,
        params: {
            dynamicSmemSize: named('size', out(size)),
            func: handle('function'),
            numBlocks: i32,
            blockSize: i32,
        },
        hand: 'guest',
        fails,
        doc: 'Dynamic shared memory, in bytes, that still lets `numBlocks` blocks share a multiprocessor.',
        source,
    }),
} as const;
