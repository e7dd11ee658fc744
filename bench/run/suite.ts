// Which benchmarks there are and the order of their runs: round by round, and within a round carrier after
// carrier, so that a change in the machine's load falls on all alike. Called by bench/main.ts.
import {
    describeUnavailable,
    isDisturbed,
    type Carrier,
    type Counters,
    type Device,
    type PerThousand,
    type Series,
    type Unavailable,
} from '../report/results.ts';
import type { GuestReport, GuestResult } from './guest.ts';
import type { BenchHost, RunRequest } from './host.ts';
import { looksFor, type Alone } from './looks.ts';
import { mergeReports } from './merge.ts';

export interface Benchmark {
    readonly name: string;
    /** A program: timed from start to exit, and given the device's speed. */
    readonly isProgram: boolean;
    readonly devices: readonly Device[];
    /** Where not on every one. */
    readonly carriers?: readonly Carrier[];
    /** Nobody looks for quiet while it is measured: more rounds would find none. */
    readonly isOneBlock?: true;
    /** How many runs on a carrier make a round's value, which is their median; where not one. */
    readonly runs?: { readonly usual: number; readonly quick: number };
}

const everyDevice: readonly Device[] = ['null', 'software', 'nvidia'];
const computing: readonly Device[] = ['software', 'nvidia'];
const batching: readonly Carrier[] = ['ring', 'unix', 'tcp'];

export const benchmarks: readonly Benchmark[] = [
    { name: 'calls', isProgram: false, devices: everyDevice },
    { name: 'million', isProgram: false, devices: ['null'], carriers: batching, isOneBlock: true },
    { name: 'round-trips', isProgram: false, devices: everyDevice },
    { name: 'objects', isProgram: false, devices: everyDevice },
    { name: 'copies', isProgram: false, devices: everyDevice },
    { name: 'threads', isProgram: false, devices: everyDevice },
    {
        name: 'startup',
        isProgram: true,
        devices: computing,
        runs: { usual: 5, quick: 2 },
        isOneBlock: true,
    },
    { name: 'compute', isProgram: true, devices: computing },
    { name: 'training', isProgram: true, devices: computing },
    { name: 'launches', isProgram: true, devices: computing },
    { name: 'pinned-copies', isProgram: true, devices: computing },
    { name: 'pageable-copies', isProgram: true, devices: computing },
];

const refillMs = 1500;

/** The whole process as a metric beside the program's own `loop`. */
export const processMetric = 'process';

export interface SuiteOptions {
    readonly quick: boolean;
    readonly rounds: number;
    readonly only: readonly string[];
    readonly carriers: readonly Carrier[];
    /** Steps of the guests' kernel that take this device 50 us. */
    readonly workRounds: number;
    readonly alone: Alone;
    readonly say: (line: string) => void;
    /** A benchmark has run its rounds: what the collector has is worth keeping. */
    readonly partDone: () => void;
}

export class Collector {
    readonly series: Series[] = [];
    readonly counters: Counters[] = [];
    readonly failures: string[] = [];
    readonly unavailable: Unavailable[] = [];

    add(benchmark: Benchmark, device: Device, carrier: Carrier, report: GuestReport): void {
        const key = { benchmark: benchmark.name, device, carrier };
        report.results.forEach((result) => this.#addResult(key, result));
        if (benchmark.isProgram) {
            const { wallMs } = report;
            const none = { quietP50: null, calls: 0, guestSwitches: [0, 0], hostSwitches: [0, 0] } as const;
            this.#addResult(key, { metric: processMetric, unit: 'ms', p50: wallMs, p99: wallMs, ...none });
        }
        if (report.counters !== null) {
            this.#addCounters(key, report.counters);
        }
        report.unavailable.forEach((each) => this.#addUnavailable({ carrier, ...each }));
    }

    // Once, in however many rounds it was so.
    #addUnavailable(missing: Unavailable): void {
        const { carrier, metric } = missing;
        if (!this.unavailable.some((each) => each.carrier === carrier && each.metric === metric)) {
            this.unavailable.push(missing);
        }
    }

    #addResult(key: Pick<Series, 'benchmark' | 'device' | 'carrier'>, result: GuestResult): void {
        const { metric, unit } = result;
        const known = this.series.find(
            (each) =>
                each.metric === metric &&
                each.benchmark === key.benchmark &&
                each.device === key.device &&
                each.carrier === key.carrier,
        );
        const series = known ?? emptySeries({ ...key, metric, unit });
        if (known === undefined) {
            this.series.push(series);
        }
        addTo(series, result);
    }

    #addCounters(
        key: Pick<Series, 'benchmark' | 'device' | 'carrier'>,
        raw: Readonly<Record<string, unknown>>,
    ): void {
        const known = this.counters.find(
            (each) =>
                each.benchmark === key.benchmark &&
                each.device === key.device &&
                each.carrier === key.carrier,
        );
        const counters = known ?? { ...key, calls: [], roundTrips: [], doorbells: [], batches: [] };
        if (known === undefined) {
            this.counters.push(counters);
        }
        const count = (name: string) => (typeof raw[name] === 'number' ? raw[name] : 0);
        counters.calls.push(count('calls'));
        counters.roundTrips.push(count('round_trips'));
        counters.batches.push(count('batches'));
        counters.doorbells.push(typeof raw['doorbells'] === 'number' ? raw['doorbells'] : null);
    }
}

export function emptySeries(
    key: Pick<Series, 'benchmark' | 'metric' | 'unit' | 'device' | 'carrier'>,
): Series {
    return { ...key, values: [], quiet: [], tails: [], guestSwitches: [], hostSwitches: [] };
}

/** Adds a round to `series`. */
export function addTo(series: Series, result: GuestResult): void {
    const perThousand = ([voluntary, involuntary]: readonly [number, number]): PerThousand => {
        const share = (count: number) =>
            result.calls > 0 ? (Math.max(0, count) * 1000) / result.calls : 0;
        return { voluntary: share(voluntary), involuntary: share(involuntary) };
    };
    series.values.push(result.p50);
    series.quiet.push(result.quietP50);
    series.tails.push(result.p99);
    series.guestSwitches.push(perThousand(result.guestSwitches));
    series.hostSwitches.push(perThousand(result.hostSwitches));
}

function carriersFor(benchmark: Benchmark, host: BenchHost, options: SuiteOptions): readonly Carrier[] {
    return options.carriers
        .filter((carrier) => carrier !== 'direct' || host.device !== 'null')
        .filter((carrier) => benchmark.carriers?.includes(carrier) ?? true);
}

/** What of `only`, or of all there is, runs on `device`. */
export function wantedOn(device: Device, only: readonly string[]): readonly Benchmark[] {
    return benchmarks
        .filter(({ devices }) => devices.includes(device))
        .filter(({ name }) => only.length === 0 || only.includes(name));
}

/**
 * Whether a carrier has more numbers of this part that others may have disturbed than others. By when samples
 * were taken, never by what they are: another round may be asked for as long as it is so.
 */
export function wantsMoreRounds(
    series: readonly Series[],
    key: Pick<Series, 'benchmark' | 'device'>,
): boolean {
    const ofPart = series.filter(
        ({ benchmark, device, metric, carrier }) =>
            benchmark === key.benchmark &&
            device === key.device &&
            // Nobody looks around a whole process, and the classic model is no goal.
            metric !== processMetric &&
            carrier !== 'classic',
    );
    return batching.concat('direct').some((carrier) => {
        const own = ofPart.filter((each) => each.carrier === carrier);
        return own.filter(isDisturbed).length * 2 > own.length;
    });
}

/** Runs what is wanted on `host`, adding to `collector`; a failure is noted and passed over. */
export async function runSuite(
    host: BenchHost,
    options: SuiteOptions,
    collector: Collector,
): Promise<void> {
    for (const benchmark of wantedOn(host.device, options.only)) {
        const startedMs = performance.now();
        const knownUnavailable = collector.unavailable.length;
        const failed = new Set<Carrier>();
        const part = { benchmark: benchmark.name, device: host.device };
        const isWorthMore = () => wantsMoreRounds(collector.series, part);
        const mayRepeat = !options.quick && benchmark.isOneBlock === undefined;
        const most = mayRepeat ? 2 * options.rounds : options.rounds;
        for (let round = 0; round < options.rounds || (round < most && isWorthMore()); round += 1) {
            await runRound({ benchmark, host, options, collector, failed });
        }
        const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
        options.partDone();
        collector.unavailable
            .slice(knownUnavailable)
            .forEach((each) => options.say(`  --    ${describeUnavailable(each)}`));
        options.say(`  ok    ${benchmark.name} on the ${host.device} device (${seconds} s)`);
    }
}

interface Round {
    readonly benchmark: Benchmark;
    readonly host: BenchHost;
    readonly options: SuiteOptions;
    readonly collector: Collector;
    /** Carriers on which this benchmark has failed; not tried again. */
    readonly failed: Set<Carrier>;
}

async function runMerged(host: BenchHost, request: RunRequest, runs: number): Promise<GuestReport> {
    const reports: GuestReport[] = [];
    while (reports.length < runs) {
        if (request.meets === 'never') {
            // The daemon makes its next worker a second after a run began: one that comes alone finds one.
            await new Promise((resolve) => setTimeout(resolve, refillMs));
        }
        reports.push(await host.run(request));
    }
    return mergeReports(reports);
}

async function runRound({ benchmark, host, options, collector, failed }: Round): Promise<void> {
    const pace = [...(options.quick ? ['--quick'] : []), '--rounds', String(options.workRounds)];
    for (const carrier of carriersFor(benchmark, host, options).filter((each) => !failed.has(each))) {
        // A start-up has no middle to pause in: that it is measured with everything around it is the point.
        const usual = benchmark.isProgram ? 'settled' : 'soon';
        const meets = benchmark.name === 'startup' ? 'never' : usual;
        const looks = meets === 'never' ? [] : looksFor(options.alone);
        const args = [...pace, ...looks];
        const request: RunRequest = { benchmark: benchmark.name, carrier, args, meets };
        const runs = benchmark.runs?.[options.quick ? 'quick' : 'usual'] ?? 1;
        try {
            collector.add(benchmark, host.device, carrier, await runMerged(host, request, runs));
        } catch (error) {
            failed.add(carrier);
            const words = error instanceof Error ? error.message : String(error);
            const where = `${benchmark.name} on the ${host.device} device over ${carrier}`;
            collector.failures.push(`${where}: ${words}`);
            options.say(`  FAIL  ${where}: ${words}`);
        }
    }
}
