// Chapter "Event Management": block 0x0b00.

import { call, created, destroyed, f32, handle, named, out, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Event Management';

export const events = {
    cuEventCreate: call({
        id: 0x0b00,
        since: 2000,
        flow: { class: 'async', error: 'nextSync' },
        params: { phEvent: named('event', created('event')), Flags: named('flags', u32) },
        fails: { INVALID_VALUE: 'null, or unknown flags', OUT_OF_MEMORY: 'too many events' },
        doc: 'The guest names the event, so creating one needs no reply.',
        source,
    }),
    cuEventDestroy_v2: call({
        id: 0x0b01,
        since: 4000,
        aliases: { cuEventDestroy: 2000 },
        flow: { class: 'async', error: 'nextSync' },
        params: { hEvent: named('event', destroyed('event')) },
        fails: { INVALID_HANDLE: 'not an event' },
        doc: 'The event ends once what it recorded is done; the name is invalid at once.',
        source,
    }),
    cuEventRecord: call({
        id: 0x0b02,
        since: 2000,
        twin: 'ptsz',
        flow: { class: 'async', order: 'hStream', error: 'nextSync' },
        params: { hEvent: handle('event'), hStream: handle('stream') },
        via: { call: 'cuEventRecordWithFlags', with: { flags: { literal: 0 } } },
        fails: { INVALID_HANDLE: 'not an event, or not a stream' },
        doc: 'As cuEventRecordWithFlags without flags.',
        source,
    }),
    cuEventRecordWithFlags: call({
        id: 0x0b03,
        since: 11010,
        twin: 'ptsz',
        flow: { class: 'async', order: 'hStream', error: 'nextSync' },
        params: {
            hEvent: named('event', handle('event')),
            hStream: named('stream', handle('stream')),
            flags: u32,
        },
        fails: { INVALID_HANDLE: 'not an event, or not a stream', INVALID_VALUE: 'unknown flags' },
        doc: 'The event stands for the work now in the stream.',
        source,
    }),
    cuEventQuery: call({
        id: 0x0b04,
        since: 2000,
        flow: { class: 'sync', waits: 'reply' },
        params: { hEvent: named('event', handle('event')) },
        hand: 'host',
        fails: { NOT_READY: 'work is left', INVALID_HANDLE: 'not an event' },
        doc: 'Whether the recorded work is done; when it is, its outputs have landed.',
        source,
    }),
    cuEventSynchronize: call({
        id: 0x0b05,
        since: 2000,
        flow: { class: 'sync', waits: 'hEvent' },
        params: { hEvent: named('event', handle('event')) },
        hand: 'host',
        fails: { '*': 'the first unreported error of the context', INVALID_HANDLE: 'not an event' },
        doc: 'Waits until the recorded work is done and its outputs have landed.',
        source,
    }),
    cuEventElapsedTime: call({
        id: 0x0b06,
        since: 2000,
        flow: { class: 'sync', waits: 'reply' },
        params: {
            pMilliseconds: named('milliseconds', out(f32)),
            hStart: named('start', handle('event')),
            hEnd: named('end', handle('event')),
        },
        fails: {
            NOT_READY: 'an event is still pending',
            INVALID_HANDLE: 'never recorded, or timing disabled',
        },
        doc: 'Milliseconds between two recorded events, about 0.5 us resolution. Never waits for the device.',
        source,
    }),
    cuEventElapsedTime_v2: call({
        id: 0x0b07,
        since: 12080,
        flow: { class: 'sync', waits: 'reply' },
        params: { pMilliseconds: out(f32), hStart: handle('event'), hEnd: handle('event') },
        via: { call: 'cuEventElapsedTime', with: {} },
        fails: {
            NOT_READY: 'an event is still pending',
            INVALID_HANDLE: 'never recorded, or timing disabled',
        },
        doc: 'As cuEventElapsedTime.',
        source,
    }),
} as const;
