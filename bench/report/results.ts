// What a run of the benchmarks has found: written to results.json as it is, read by everything that shows it.
import { median, pairedRatio } from './statistics.ts';

/** How a guest reached its device. direct: the driver itself, no Ferry; classic: every call waits, asleep. */
export const carriers = ['direct', 'ring', 'unix', 'tcp', 'classic'] as const;
export type Carrier = (typeof carriers)[number];

export type Device = 'null' | 'software' | 'nvidia';

/** Per 1,000 API calls. */
export interface PerThousand {
    /** Of the guest's threads and the worker's, without those of the software device's pool. */
    readonly voluntary: number;
    readonly involuntary: number;
}

/** One metric of one benchmark on one carrier; a value per round. */
export interface Series {
    readonly benchmark: string;
    readonly metric: string;
    readonly unit: string;
    readonly device: Device;
    readonly carrier: Carrier;
    /** Median within each round. */
    readonly values: number[];
    /**
     * The same of the samples taken while the cores were left alone, by a look before and one after them;
     * null for a round that had too few.
     */
    readonly quiet: (number | null)[];
    /** 99th percentile from the good end within each round. */
    readonly tails: number[];
    readonly guestSwitches: PerThousand[];
    readonly hostSwitches: PerThousand[];
}

/** The shim's own counters of a whole process, a value per round. */
export interface Counters {
    readonly benchmark: string;
    readonly device: Device;
    readonly carrier: Carrier;
    readonly calls: number[];
    readonly roundTrips: number[];
    /** Null from a shim that does not count them. */
    readonly doorbells: (number | null)[];
    readonly batches: number[];
}

export interface LinkResult {
    readonly gbit: number;
    readonly roundTripUs: number;
    /** What a raw TCP connection through the same relay measured. */
    readonly measuredRoundTripUs: number;
    readonly measuredGbit: number;
    readonly programs: readonly LinkProgram[];
    readonly relayCpuSeconds: number;
    readonly relayWallSeconds: number;
}

/** What ratios are made of. */
export type Rounds = Pick<Series, 'unit' | 'values' | 'quiet'>;

export interface LinkProgram {
    readonly name: string;
    /** Of the inner loop, ms. */
    readonly direct: Rounds;
    readonly forwarded: Rounds;
}

export interface Machine {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly kernel: string;
    readonly node: string;
    /** One-minute load average; well above what ran here, others were at work too. */
    readonly loadBefore: number;
    readonly loadAfter: number;
    /** Of the processors' time, from 0 to 1, what a virtual machine's host gave to others meanwhile. */
    readonly stolen: number;
    /** What the loop of a look takes on a core that is left alone, in ns. */
    readonly aloneNs: number;
    /** What a word takes from one such core to another and back, in ns; 0: not known. */
    readonly tripNs: number;
}

/** A carrier that was not measured, or one metric that was not on it. */
export interface Unavailable {
    readonly carrier: Carrier;
    readonly metric?: string;
    readonly reason: string;
}

export function describeUnavailable({ carrier, metric, reason }: Unavailable): string {
    const what = metric === undefined ? carrier : `${carrier}, ${metric}`;
    return `${what}: not available (${reason})`;
}

export interface Results {
    readonly version: string;
    readonly startedAt: string;
    readonly durationS: number;
    readonly quick: boolean;
    readonly rounds: number;
    readonly machine: Machine;
    readonly devices: Partial<Record<Device, string>>;
    readonly unavailable: readonly Unavailable[];
    readonly failures: readonly string[];
    /** Raw sockets, shared memory and memcpy on this machine in the same run. */
    readonly limits: readonly Series[];
    readonly series: readonly Series[];
    readonly counters: readonly Counters[];
    readonly links: readonly LinkResult[];
}

export interface SeriesKey {
    readonly benchmark: string;
    readonly metric: string;
    readonly device: Device;
    readonly carrier: Carrier;
}

export function findSeries(results: Pick<Results, 'series'>, key: SeriesKey): Series | undefined {
    return results.series.find(
        (each) =>
            each.benchmark === key.benchmark &&
            each.metric === key.metric &&
            each.device === key.device &&
            each.carrier === key.carrier,
    );
}

/** Metrics of a benchmark on a device in the order in which they were measured. */
export function metricsOf(results: Pick<Results, 'series'>, benchmark: string, device: Device): string[] {
    const found = results.series.filter((each) => each.benchmark === benchmark && each.device === device);
    return [...new Set(found.map((each) => each.metric))];
}

// One quiet block of one round does not speak for the others: looks do not see all that neighbours disturb
// (D-57).
function isEnough(quietRounds: number, rounds: number): boolean {
    return quietRounds >= Math.ceil(rounds / 2);
}

function quietValues(series: Rounds): readonly number[] {
    return series.quiet.filter((value) => value !== null);
}

/** What a report shows of a series: its quiet rounds where they are at least half of them, or all. */
export function shownValues(series: Rounds): readonly number[] {
    const quiet = quietValues(series);
    return isEnough(quiet.length, series.values.length) ? quiet : series.values;
}

/** Whether `series` is shown with samples for which a neighbour may have been at work. */
export function isDisturbed(series: Rounds): boolean {
    // What has no unit is a count, and a look tells only how fast the cores are.
    return series.unit !== '' && !isEnough(quietValues(series).length, series.values.length);
}

/**
 * How `above` stands to `below`: the median of the ratios of rounds that were quiet for both, where these are
 * at least half; else the ratio of the quiet medians, where both have enough of them; else the median of the
 * ratios of all rounds.
 */
export function ratioBetween(above: Rounds, below: Rounds): number {
    const pairs = above.quiet.map((value, round) => [value, below.quiet[round] ?? null] as const);
    const quiet = pairs.filter((pair): pair is [number, number] => pair[0] !== null && pair[1] !== null);
    if (isEnough(quiet.length, pairs.length)) {
        return pairedRatio(
            quiet.map(([value]) => value),
            quiet.map(([, value]) => value),
        );
    }
    return isDisturbed(above) || isDisturbed(below)
        ? pairedRatio(above.values, below.values)
        : median(shownValues(above)) / median(shownValues(below));
}

/** `results` with nothing in it that may have been disturbed. */
export function withoutDisturbed(results: Results): Results {
    const kept = (series: Series) => !isDisturbed(series);
    return { ...results, limits: results.limits.filter(kept), series: results.series.filter(kept) };
}
