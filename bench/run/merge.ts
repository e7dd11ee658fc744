// Several runs of a guest as one, for what takes only one sample of itself: a single disturbed run shall not
// speak for a round. Used by suite.ts. Pure.
import { median } from '../report/statistics.ts';
import type { GuestReport, GuestResult } from './guest.ts';

function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}

/** The same metric of each run; quiet only where all of them were. */
function mergeResults(first: GuestResult, runs: readonly GuestResult[]): GuestResult {
    const quiet = runs.map(({ quietP50 }) => quietP50).filter((value) => value !== null);
    const switches = (side: 'guestSwitches' | 'hostSwitches') =>
        [sum(runs.map((each) => each[side][0])), sum(runs.map((each) => each[side][1]))] as const;
    return {
        ...first,
        p50: median(runs.map(({ p50 }) => p50)),
        p99: median(runs.map(({ p99 }) => p99)),
        quietP50: quiet.length === runs.length ? median(quiet) : null,
        calls: sum(runs.map(({ calls }) => calls)),
        guestSwitches: switches('guestSwitches'),
        hostSwitches: switches('hostSwitches'),
    };
}

/**
 * Medians of what the runs took, sums of what is given per call, the first run's counters: these are the same
 * in each. Throws on no runs.
 */
export function mergeReports(runs: readonly GuestReport[]): GuestReport {
    const [first] = runs;
    if (first === undefined) {
        throw new RangeError('runs: expected at least one, got none');
    }
    const all = runs.flatMap(({ results }) => results);
    return {
        ...first,
        results: first.results.map((result) =>
            mergeResults(result, all.filter(({ metric }) => metric === result.metric)),
        ),
        unavailable: runs.flatMap(({ unavailable }) => unavailable),
        lookedMs: sum(runs.map(({ lookedMs }) => lookedMs)),
        wallMs: median(runs.map(({ wallMs }) => wallMs)),
    };
}
