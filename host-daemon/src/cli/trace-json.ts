// Traces as the JSON that Perfetto (ui.perfetto.dev) and Chrome's tracing page load: a process for each guest
// and each worker, in it one track per thread, one for the wire, one for the device. Pure.
import { calls } from '../generated/calls.ts';
import type { Span, SpanKind, Trace } from './trace-file.ts';

interface TraceEvent {
    readonly name: string;
    readonly ph: 'X' | 'M';
    readonly pid: number;
    readonly tid: number;
    /** Microseconds since the first span of all. */
    readonly ts?: number;
    readonly dur?: number;
    readonly cat?: string;
    readonly args?: Readonly<Record<string, string | number>>;
}

// Tracks beside those of the guest's threads, which are numbered from 1 to 65535.
const wireTrack = 100_000;
const executorTrack = 100_001;
const deviceTrack = 100_002;

const trackOf: Readonly<Partial<Record<SpanKind, number>>> = {
    batch: wireTrack,
    run: executorTrack,
    record: executorTrack,
    device: deviceTrack,
};
const trackNames: ReadonlyMap<number, string> = new Map([
    [0, 'pump'],
    [wireTrack, 'wire'],
    [executorTrack, 'executor'],
    [deviceTrack, 'device'],
]);
const amountNames: Readonly<Partial<Record<SpanKind, string>>> = {
    batch: 'bytes',
    run: 'records',
    device: 'records',
};

/** The whole file; `program` names the guests' processes. */
export function traceJson(traces: readonly Trace[], program: string): string {
    const begins = traces.flatMap(({ spans }) => spans.map((span) => span.beginNs));
    const origin = begins.reduce((least, each) => (each < least ? each : least), begins[0] ?? 0n);
    const events = traces.flatMap((trace) => [
        ...namesOf(trace, program),
        ...trace.spans.map((span) => eventOf(span, trace, origin)),
    ]);
    // Perfetto nests what begins together by length: the longer one first.
    events.sort((left, right) => (left.ts ?? -1) - (right.ts ?? -1) || (right.dur ?? 0) - (left.dur ?? 0));
    const lost = traces.reduce((sum, trace) => sum + trace.lost, 0);
    return JSON.stringify({ traceEvents: events, displayTimeUnit: 'ns', otherData: { lostSpans: lost } });
}

function trackOfSpan(span: Span): number {
    return trackOf[span.kind] ?? span.thread;
}

function namesOf({ side, pid, guestPid, spans }: Trace, program: string): TraceEvent[] {
    const name = side === 'guest' ? `guest ${program}` : `worker of ${guestPid}`;
    const tracks = [...new Set(spans.map(trackOfSpan))];
    return [
        { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } },
        ...tracks.map((tid): TraceEvent => {
            const label = trackNames.get(tid) ?? `thread ${tid}`;
            return { name: 'thread_name', ph: 'M', pid, tid, args: { name: label } };
        }),
    ];
}

function nameOf({ kind, call }: Span): string {
    const name = calls.get(call)?.name ?? '';
    switch (kind) {
        case 'call':
        case 'record':
            return name;
        case 'wait':
            return `wait for ${name}`;
        case 'run':
            return 'batch';
        default:
            return kind;
    }
}

function eventOf(span: Span, { pid }: Trace, origin: bigint): TraceEvent {
    const amountName = amountNames[span.kind];
    const callClass = calls.get(span.call)?.class;
    return {
        name: nameOf(span),
        cat: span.kind,
        ph: 'X',
        pid,
        tid: trackOfSpan(span),
        ts: Number(span.beginNs - origin) / 1000,
        dur: Number(span.endNs - span.beginNs) / 1000,
        args: {
            ...(amountName === undefined ? {} : { [amountName]: span.amount }),
            ...(callClass === undefined ? {} : { class: callClass }),
        },
    };
}
