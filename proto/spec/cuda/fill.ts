// Chapter "Memory Management", fills: block 0x0800 from 0x20. Twelve calls that differ in element and in
// whether they name a stream; the ones that do not are the ones that do, on the default stream.

import { call, devicePtr, handle, size, type ScalarParam, u16, u32, u8 } from '../dsl.ts';

const source = 'CUDA Driver API: Memory Management';
const fails = { INVALID_VALUE: "a range outside the session's allocations, or misaligned" };
const asyncFails = { ...fails, INVALID_HANDLE: 'not a stream' };
const async = { class: 'async', error: 'nextSync' } as const;
const ordered = { class: 'async', order: 'hStream', error: 'nextSync' } as const;
const hStream = handle('stream');

const linear = <const N extends string>(id: number, target: string, name: N, element: ScalarParam) =>
    call({
        id,
        since: 3020,
        twin: 'ptds',
        flow: async,
        params: { dstDevice: devicePtr, [name]: element, N: size },
        via: { call: target, with: { hStream: 'defaultStream' } },
        fails,
        doc: 'Fills N elements; CUDA does not make the host wait for fills of device memory.',
        source,
    });

const linearAsync = <const N extends string>(id: number, name: N, element: ScalarParam) =>
    call({
        id,
        since: 3020,
        twin: 'ptsz',
        flow: ordered,
        params: { dstDevice: devicePtr, [name]: element, N: size, hStream },
        hand: 'guest',
        fails: asyncFails,
        doc: 'Fills N elements in stream order.',
        source,
    });

const pitched = <const N extends string>(id: number, target: string, name: N, element: ScalarParam) =>
    call({
        id,
        since: 3020,
        twin: 'ptds',
        flow: async,
        params: { dstDevice: devicePtr, dstPitch: size, [name]: element, Width: size, Height: size },
        via: { call: target, with: { hStream: 'defaultStream' } },
        fails,
        doc: 'Fills [Height][Width] elements, rows dstPitch bytes apart.',
        source,
    });

const pitchedAsync = <const N extends string>(id: number, name: N, element: ScalarParam) =>
    call({
        id,
        since: 3020,
        twin: 'ptsz',
        flow: ordered,
        params: { dstDevice: devicePtr, dstPitch: size, [name]: element, Width: size, Height: size, hStream },
        hand: 'guest',
        fails: asyncFails,
        doc: 'Fills [Height][Width] elements in stream order, rows dstPitch bytes apart.',
        source,
    });

export const fills = {
    cuMemsetD8_v2: linear(0x0820, 'cuMemsetD8Async', 'uc', u8),
    cuMemsetD16_v2: linear(0x0821, 'cuMemsetD16Async', 'us', u16),
    cuMemsetD32_v2: linear(0x0822, 'cuMemsetD32Async', 'ui', u32),
    cuMemsetD8Async: linearAsync(0x0823, 'uc', u8),
    cuMemsetD16Async: linearAsync(0x0824, 'us', u16),
    cuMemsetD32Async: linearAsync(0x0825, 'ui', u32),
    cuMemsetD2D8_v2: pitched(0x0826, 'cuMemsetD2D8Async', 'uc', u8),
    cuMemsetD2D16_v2: pitched(0x0827, 'cuMemsetD2D16Async', 'us', u16),
    cuMemsetD2D32_v2: pitched(0x0828, 'cuMemsetD2D32Async', 'ui', u32),
    cuMemsetD2D8Async: pitchedAsync(0x0829, 'uc', u8),
    cuMemsetD2D16Async: pitchedAsync(0x082a, 'us', u16),
    cuMemsetD2D32Async: pitchedAsync(0x082b, 'ui', u32),
} as const;
