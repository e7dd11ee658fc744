// The session's state machine and the worker's record channel: small parts, tested without a process.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';

import { openSession, stepSession, type SessionEvent } from '../../host-daemon/src/sessions/session.ts';
import { RecordChannel } from '../../host-daemon/src/worker/channel.ts';
import { parseUpRecord } from '../../host-daemon/src/worker/messages.ts';

const asked = { id: 's', program: 'app', guestPid: 1, workerPid: 2 };
const attached: SessionEvent = { kind: 'attached', pid: 10, uid: 20 };

describe('session', () => {
    it('goes from opening over attached and draining to ended', () => {
        const opening = openSession(asked, 100);
        const running = stepSession(opening, attached, 101);
        const draining = stepSession(running, { kind: 'drain' }, 102);
        const ended = stepSession(draining, { kind: 'ended', reason: 'why' }, 103);
        expect([opening, running, draining, ended].map((session) => session.state)).toEqual([
            'opening',
            'attached',
            'draining',
            'ended',
        ]);
        expect(ended).toMatchObject({
            guestPid: 10,
            guestUid: 20,
            startedUnixMs: 100,
            endedUnixMs: 103,
            endReason: 'why',
        });
    });

    it('stays ended, with its first reason, whatever comes', () => {
        const ended = stepSession(openSession(asked, 0), { kind: 'ended', reason: 'first' }, 1);
        for (const event of [attached, { kind: 'drain' }, { kind: 'ended', reason: 'second' }] as const) {
            expect(stepSession(ended, event, 2)).toBe(ended);
        }
    });

    it('lets no second guest attach', () => {
        const running = stepSession(openSession(asked, 0), attached, 1);
        expect(stepSession(running, { kind: 'attached', pid: 66, uid: 66 }, 2)).toBe(running);
    });
});

function channelOn(stream: PassThrough): { records: unknown[]; closes: string[]; channel: RecordChannel } {
    const records: unknown[] = [];
    const closes: string[] = [];
    const channel = new RecordChannel(stream, {
        record: (record) => void records.push(record),
        closed: (reason) => void closes.push(reason),
    });
    return { records, closes, channel };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('record channel', () => {
    it('delivers records whole however the bytes are cut', async () => {
        const wire = new PassThrough();
        const sent: Buffer[] = [];
        wire.on('data', (chunk: Buffer) => sent.push(chunk));
        const sender = new RecordChannel(wire, { record: () => undefined, closed: () => undefined });
        const values = [
            { t: 'a', n: 1n << 60n },
            { t: 'b', bytes: Buffer.from([1, 2]) },
            { t: 'c', list: [1, 'x'] },
        ];
        // The same stream reads back what it writes, so the sender's own reader must not consume it first.
        values.forEach((value) => sender.send(value));
        await settle();
        const bytes = Buffer.concat(sent);
        for (const size of [1, 3, 7, bytes.length]) {
            const target = new PassThrough();
            const { records } = channelOn(target);
            for (let offset = 0; offset < bytes.length; offset += size) {
                target.write(bytes.subarray(offset, offset + size));
            }
            await settle();
            expect(records).toEqual(values);
        }
    });

    it('closes on a record over the limit without waiting for its bytes', async () => {
        const stream = new PassThrough();
        const { records, closes } = channelOn(stream);
        stream.write(Buffer.from([0xff, 0xff, 0xff, 0x7f]));
        await settle();
        expect(records).toEqual([]);
        expect(closes).toHaveLength(1);
        expect(closes[0]).toContain('at most');
    });

    it('closes once on bytes that are no record', async () => {
        const stream = new PassThrough();
        const { closes } = channelOn(stream);
        stream.write(Buffer.from([1, 0, 0, 0, 0xc1, 1, 0, 0, 0, 0xc1]));
        stream.end();
        await settle();
        expect(closes).toHaveLength(1);
    });
});

describe('records from a worker', () => {
    it.each([null, 7, 'x', [], {}, { t: 'nonsense' }])('takes %j for no record', (value) => {
        expect(parseUpRecord(value)).toBeNull();
    });

    it('gives every field its type, whatever was sent', () => {
        expect(parseUpRecord({ t: 'attached', pid: 7n, uid: 'root' })).toEqual({
            t: 'attached',
            pid: 7,
            uid: -1,
        });
        expect(parseUpRecord({ t: 'meters', values: [1, 2n, 'x'] })).toEqual({
            t: 'meters',
            values: [1n, 2n, 0n],
        });
        expect(parseUpRecord({ t: 'log', level: {}, message: 'y'.repeat(9000) })).toMatchObject({
            level: '',
        });
        const probed = parseUpRecord({
            t: 'probed',
            probed: { driverVersion: 1, devices: [null, { name: 'd' }] },
        });
        expect(probed).toMatchObject({ probed: { devices: [{ name: '' }, { name: 'd', totalMemory: 0n }] } });
    });
});
