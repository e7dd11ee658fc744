// Chapter "Primary Context Management": block 0x0300.

import { call, device, field, raw, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Primary Context Management';

export const primaryContext = {
    cuDevicePrimaryCtxRetain: call({
        id: 0x0300,
        since: 7000,
        flow: { class: 'async', error: 'nextSync' },
        params: { pctx: raw('CUcontext*'), dev: device },
        hand: 'both',
        wire: { request: { context: field.handle('context'), device: field.i32, flags: field.u32 } },
        driver: 'required',
        fails: { INVALID_DEVICE: 'no such device', OUT_OF_MEMORY: 'the device has no room for a context' },
        doc: 'Counts one use of the primary context; the first one creates it with the flags set before.',
        source,
    }),
    cuDevicePrimaryCtxRelease_v2: call({
        id: 0x0301,
        since: 11000,
        aliases: { cuDevicePrimaryCtxRelease: 7000 },
        flow: { class: 'sync', waits: 'reply' },
        params: { dev: device },
        hand: 'both',
        wire: { request: { device: field.i32 } },
        fails: { INVALID_CONTEXT: 'not retained', INVALID_DEVICE: 'no such device' },
        doc: 'Counts one use less; the last one destroys the context and everything in it.',
        source,
    }),
    cuDevicePrimaryCtxReset_v2: call({
        id: 0x0302,
        since: 11000,
        aliases: { cuDevicePrimaryCtxReset: 7000 },
        flow: { class: 'sync', waits: 'reply' },
        params: { dev: device },
        hand: 'both',
        wire: { request: { device: field.i32 } },
        fails: { INVALID_DEVICE: 'no such device' },
        doc: 'Destroys everything in the primary context; its handle stays and revives at the next use.',
        source,
    }),
    cuDevicePrimaryCtxSetFlags_v2: call({
        id: 0x0303,
        since: 11000,
        aliases: { cuDevicePrimaryCtxSetFlags: 7000 },
        flow: { class: 'local' },
        params: { dev: device, flags: u32 },
        fails: { INVALID_VALUE: 'unknown flags', INVALID_DEVICE: 'no such device' },
        doc: 'Flags for the primary context; they travel with the next first retain.',
        source,
    }),
    cuDevicePrimaryCtxGetState: call({
        id: 0x0304,
        since: 7000,
        flow: { class: 'local' },
        params: { dev: device, flags: raw('unsigned int*'), active: raw('int*') },
        fails: { INVALID_VALUE: 'a null pointer', INVALID_DEVICE: 'no such device' },
        doc: 'The flags, and 1 while the context exists.',
        source,
    }),
} as const;
