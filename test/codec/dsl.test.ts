// What the type checker refuses in a row: `npm run lint` fails when one of the marked lines compiles.

import { expect, test } from 'vitest';

import { bytesIn, call, devicePtr, handle, size, u32 } from '../../proto/spec/dsl.ts';

const rest = {
    since: 3020,
    fails: { INVALID_VALUE: 'always' },
    doc: 'A row of this test.',
    source: 'none',
} as const;

test('a size expression must name a sibling', () => {
    const params = { data: bytesIn('ByteCount', 'copySliceBytes'), ByteCount: size };
    expect(call({ id: 1, flow: { class: 'async', error: 'nextSync' }, params, ...rest }).id).toBe(1);
    call({
        id: 2,
        flow: { class: 'async', error: 'nextSync' },
        // @ts-expect-error no parameter named ByteCount
        params: { data: bytesIn('ByteCount', 'copySliceBytes'), byteCount: size },
        ...rest,
    });
});

test('what orders a call, what it waits for and where it lands must be parameters', () => {
    const params = { dst: devicePtr, hStream: handle('stream') };
    expect(call({ id: 1, flow: { class: 'deferred', lands: 'hStream' }, params, ...rest }).id).toBe(1);
    // @ts-expect-error no parameter named stream
    call({ id: 2, flow: { class: 'async', order: 'stream', error: 'sticky' }, params, ...rest });
    // @ts-expect-error no parameter named hEvent
    call({ id: 3, flow: { class: 'sync', waits: 'hEvent' }, params, ...rest });
    // @ts-expect-error no parameter named stream
    call({ id: 4, flow: { class: 'deferred', lands: 'stream' }, params, ...rest });
});

test('a guard and a charge must name parameters', () => {
    const flow = { class: 'sync', waits: 'reply' } as const;
    const params = { bytesize: size, count: u32 };
    expect(call({ id: 1, flow, params, guard: { bytesize: 'nonZero' }, ...rest }).id).toBe(1);
    // @ts-expect-error bytes is no parameter
    call({ id: 2, flow, params, guard: { bytes: 'nonZero' }, ...rest });
    // @ts-expect-error bytes is no parameter
    call({ id: 3, flow, params, charge: { quota: 'deviceBytes', by: 'bytes' }, ...rest });
});

test('a row without a class does not compile', () => {
    // @ts-expect-error flow is missing
    call({ id: 1, params: { count: u32 }, ...rest });
    // @ts-expect-error there is no such class
    call({ id: 2, flow: { class: 'later' }, params: { count: u32 }, ...rest });
    // @ts-expect-error there is no limit of that name
    expect(bytesIn('count', 'anyBytes').size).toBe('count');
});
