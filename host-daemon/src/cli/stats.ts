// The counters that shims append to FERRY_STATS_FILE, one JSON line per guest process, read and shown by
// `ferry run --stats`, the demo and the tests.
import { readFileSync } from 'node:fs';

import { formatBytes, formatTable } from './output.ts';

export interface GuestStats {
    readonly program: string;
    /** API calls the program made. */
    readonly calls: number;
    readonly records: number;
    readonly batches: number;
    /** Times a thread waited for the host's answer. */
    readonly roundTrips: number;
    readonly backPressureWaits: number;
    readonly bytesOut: number;
    readonly bytesIn: number;
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
        },
    ];
}

export function formatStats(stats: readonly GuestStats[]): string[] {
    if (stats.length === 0) {
        return ['ferry: no process of this run used the GPU'];
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
    return formatTable(header, rows);
}
