// The counters that shims append to FERRY_STATS_FILE, one JSON line per guest process, read and shown by
// `ferry run --stats`, the demo and the tests.
import { readFileSync } from 'node:fs';

import { calls as callTable, type CallClass } from '../generated/calls.ts';
import { formatBytes, formatTable } from './output.ts';

/** How often, by name of a call. */
export type CallCounts = Readonly<Record<string, number>>;

/** Context switches of all threads of a process. */
export interface Switches {
    readonly voluntary: number;
    readonly involuntary: number;
}

export interface GuestStats {
    readonly program: string;
    readonly pid: number;
    /** API calls the program made. */
    readonly calls: number;
    readonly records: number;
    readonly batches: number;
    /** Times a thread waited for the host's answer. */
    readonly roundTrips: number;
    readonly backPressureWaits: number;
    readonly bytesOut: number;
    readonly bytesIn: number;
    /** Time that threads waited for the host, all of them together. */
    readonly blockedNs: number;
    readonly switches: Switches;
    /** Waits by the call they happened in. */
    readonly blocking: CallCounts;
    readonly byCall: CallCounts;
    /** Calls by the class that the specification gives them. */
    readonly byClass: Readonly<Partial<Record<CallClass, number>>>;
    /** Of the worker that served the process; null where the daemon was not asked or does not know. */
    readonly workerSwitches: Switches | null;
}

/** Every well-formed line of the file; a file that is not there has none: no guest used the API. */
export function readStats(path: string): GuestStats[] {
    let text = '';
    try {
        text = readFileSync(path, 'utf8');
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
            throw error;
        }
    }
    return text.split('\n').flatMap((line) => parseLine(line));
}

// A line can be cut short when its process was killed while writing; the others still count.
function parseLine(line: string): GuestStats[] {
    let parsed: unknown;
    try {
        parsed = JSON.parse(line);
    } catch {
        return [];
    }
    if (typeof parsed !== 'object' || parsed === null) {
        return [];
    }
    const fields = parsed as Readonly<Record<string, unknown>>;
    const count = (name: string) => (typeof fields[name] === 'number' ? fields[name] : 0);
    return [
        {
            program: typeof fields['program'] === 'string' ? fields['program'] : '?',
            calls: count('calls'),
            records: count('records'),
            batches: count('batches'),
            roundTrips: count('round_trips'),
            backPressureWaits: count('back_pressure_waits'),
            bytesOut: count('bytes_out'),
            bytesIn: count('bytes_in'),
            pid: count('pid'),
            blockedNs: count('blocked_ns'),
            switches: { voluntary: count('voluntary_switches'), involuntary: count('involuntary_switches') },
            blocking: countsOf(fields['blocking']),
            byCall: countsOf(fields['by_call']),
            byClass: classesOf(countsOf(fields['by_call'])),
            workerSwitches: null,
        },
    ];
}

function countsOf(value: unknown): CallCounts {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(
        entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
}

const classOf: ReadonlyMap<string, CallClass> = new Map(
    [...callTable.values()].map((call) => [call.name, call.class]),
);

function classesOf(byCall: CallCounts): Partial<Record<CallClass, number>> {
    const counts: Partial<Record<CallClass, number>> = {};
    for (const [name, count] of Object.entries(byCall)) {
        const found = classOf.get(name) ?? 'local';
        counts[found] = (counts[found] ?? 0) + count;
    }
    return counts;
}

export function formatStats(stats: readonly GuestStats[]): string[] {
    if (stats.length === 0) {
        return ['ferry: no process of this run has told its counts: none used the GPU, or those were killed'];
    }
    const header = ['PROGRAM', 'CALLS', 'RECORDS', 'BATCHES', 'ROUND TRIPS', 'STALLS', 'SENT', 'RECEIVED'];
    const rows = stats.map((each) => [
        each.program,
        String(each.calls),
        String(each.records),
        String(each.batches),
        String(each.roundTrips),
        String(each.backPressureWaits),
        formatBytes(each.bytesOut),
        formatBytes(each.bytesIn),
    ]);
    return [...formatTable(header, rows), ...stats.flatMap(detailLines)];
}

// Enough to see what to change in a program; --json has them all.
const shownCalls = 5;

function detailLines(stats: GuestStats): string[] {
    const waits = topOf(stats.blocking);
    const classes = Object.entries(stats.byClass).map(([name, count]) => `${count} ${name}`);
    if (waits === '' && classes.length === 0) {
        return [];
    }
    const { switches, workerSwitches: worker } = stats;
    const ofWorker = worker === null ? '' : `, of its worker ${switchText(worker)}`;
    return [
        `${stats.program} (${stats.pid}):`,
        `  calls             ${classes.join(', ')}`,
        `  most called       ${topOf(stats.byCall)}`,
        `  waited in         ${waits === '' ? 'nothing' : waits}`,
        `  waited for        ${(stats.blockedNs / 1e6).toFixed(3)} ms`,
        `  context switches  ${switchText(switches)}${ofWorker}`,
    ];
}

function switchText({ voluntary, involuntary }: Switches): string {
    return `${voluntary} voluntary and ${involuntary} involuntary`;
}

function topOf(counts: CallCounts): string {
    const sorted = Object.entries(counts).sort(([, left], [, right]) => right - left);
    const rest = sorted.length - shownCalls;
    const shown = sorted.slice(0, shownCalls).map(([name, count]) => `${name} ${count}`);
    return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
