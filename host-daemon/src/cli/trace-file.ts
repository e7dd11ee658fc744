// The files that shims and workers leave in a trace folder, read into spans. Used by `ferry trace`.
// Formats: guest-shim/src/trace.cc, worker/trace-writer.ts, proto/wire/trace.h.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpack } from 'msgpackr';

export type SpanKind = 'call' | 'wait' | 'batch' | 'stall' | 'run' | 'record' | 'device';

export interface Span {
    readonly kind: SpanKind;
    /** Number of the call, or 0. */
    readonly call: number;
    readonly thread: number;
    readonly beginNs: bigint;
    readonly endNs: bigint;
    readonly amount: number;
}

/** What one process has left. */
export interface Trace {
    readonly side: 'guest' | 'worker';
    readonly pid: number;
    /** Of a worker: the process it served. */
    readonly guestPid: number;
    readonly spans: readonly Span[];
    readonly lost: number;
}

const kinds: readonly (SpanKind | null)[] = [
    null,
    'call',
    'wait',
    'batch',
    'stall',
    'run',
    'record',
    'device',
];
const eventSize = 32;
const guestHeadSize = 24;
const guestMagic = 'FERRYTR1';

export function readTraces(folder: string): Trace[] {
    const names = readdirSync(folder).sort();
    const read = (prefix: string, parse: (bytes: Buffer) => Trace[]) =>
        names
            .filter((name) => name.startsWith(prefix) && name.endsWith('.trace'))
            .flatMap((name) => parse(readFileSync(join(folder, name))));
    return [...read('guest-', guestTrace), ...read('worker-', workerTrace)];
}

function guestTrace(bytes: Buffer): Trace[] {
    const isTrace = bytes.length >= guestHeadSize && bytes.toString('latin1', 0, 8) === guestMagic;
    if (!isTrace || bytes.readUInt32LE(12) !== eventSize) {
        return [];
    }
    const pid = bytes.readUInt32LE(8);
    const lost = Number(bytes.readBigUInt64LE(16));
    return [{ side: 'guest', pid, guestPid: pid, spans: spansOf(bytes.subarray(guestHeadSize)), lost }];
}

// A worker that was killed may leave half a frame behind.
function workerTrace(bytes: Buffer): Trace[] {
    const spans: Span[] = [];
    let [pid, guestPid, lost] = [0, 0, 0];
    for (let at = 0; at + 4 <= bytes.length; ) {
        const end = at + 4 + bytes.readUInt32LE(at);
        if (end > bytes.length) {
            break;
        }
        const chunk = unpack(bytes.subarray(at + 4, end)) as Readonly<Record<string, unknown>>;
        pid = Number(chunk['workerPid']);
        guestPid = Number(chunk['guestPid']);
        lost += Number(chunk['lost']);
        const events = chunk['events'];
        spans.push(...(events instanceof Uint8Array ? spansOf(Buffer.from(events)) : []));
        at = end;
    }
    return pid === 0 ? [] : [{ side: 'worker', pid, guestPid, spans, lost }];
}

function spansOf(bytes: Buffer): Span[] {
    const spans: Span[] = [];
    for (let at = 0; at + eventSize <= bytes.length; at += eventSize) {
        const kind = kinds[bytes.readUInt16LE(at + 16)] ?? null;
        if (kind !== null) {
            spans.push({
                kind,
                call: bytes.readUInt16LE(at + 18),
                thread: bytes.readUInt32LE(at + 20),
                beginNs: bytes.readBigInt64LE(at),
                endNs: bytes.readBigInt64LE(at + 8),
                amount: Number(bytes.readBigUInt64LE(at + 24)),
            });
        }
    }
    return spans;
}
