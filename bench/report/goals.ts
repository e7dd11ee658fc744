// What Ferry sets out to show, as numbers of a run: each goal with its limit and what was measured. Pure. A
// goal whose carrier or benchmark was not run has no measure, which the report says.
import { median, geometricMean } from './statistics.ts';
import {
    findSeries,
    ratioBetween,
    shownValues,
    withoutDisturbed,
    type Carrier,
    type Device,
    type Results,
} from './results.ts';

export interface Goal {
    readonly text: string;
    readonly limit: number;
    readonly unit: string;
    /** `below`: at most the limit; `above`: at least. */
    readonly side: 'below' | 'above';
    /** Null where the run did not measure it. */
    readonly measured: number | null;
}

export function isMet(goal: Goal): boolean | null {
    if (goal.measured === null) {
        return null;
    }
    return goal.side === 'below' ? goal.measured <= goal.limit : goal.measured >= goal.limit;
}

function valueOf(
    results: Results,
    [benchmark, metric]: readonly [string, string],
    device: Device,
    carrier: Carrier,
): number | null {
    const found = findSeries(results, { benchmark, metric, device, carrier });
    return found === undefined ? null : median(shownValues(found));
}

/** Forwarded against direct, of the program's loop; null when either is missing. */
export function programRatio(
    results: Results,
    program: string,
    carrier: Carrier,
    metric = 'loop',
): number | null {
    const device: Device = results.devices.nvidia === undefined ? 'software' : 'nvidia';
    const key = { benchmark: program, metric, device };
    const forwarded = findSeries(results, { ...key, carrier });
    const direct = findSeries(results, { ...key, carrier: 'direct' });
    return forwarded === undefined || direct === undefined
        ? null
        : ratioBetween(forwarded, direct);
}

const programLimits: readonly (readonly [string, number])[] = [
    ['compute', 1.03],
    ['training', 1.05],
    ['launches', 1.1],
    ['pinned-copies', 1.1],
    ['pageable-copies', 1.35],
];
export const programNames = programLimits.map(([name]) => name);

/** Geometric mean of the programs' ratios on `carrier`; null unless all of them ran. */
export function meanProgramRatio(results: Results, carrier: Carrier): number | null {
    const ratios = programNames.map((name) => programRatio(results, name, carrier));
    return ratios.some((ratio) => ratio === null) ? null : geometricMean(ratios as number[]);
}

/** The guest's and the worker's context switches per 1,000 calls, of both kinds; null when not measured. */
export function switchesOf(results: Results, key: Parameters<typeof findSeries>[1]): number | null {
    const found = findSeries(results, key);
    if (found === undefined) {
        return null;
    }
    const sums = found.guestSwitches.map((guest, index) => {
        const host = found.hostSwitches[index] ?? { voluntary: 0, involuntary: 0 };
        return guest.voluntary + guest.involuntary + host.voluntary + host.involuntary;
    });
    return median(sums);
}

function ratioTo(value: number | null, base: number | null): number | null {
    return value === null || base === null || base === 0 ? null : value / base;
}

function limitOf(results: Results, metric: string): number | null {
    const found = results.limits.find((each) => each.metric === metric);
    return found === undefined ? null : median(shownValues(found));
}

function callGoals(results: Results): Goal[] {
    const below = (text: string, limit: number, unit: string, measured: number | null): Goal => ({
        text,
        limit,
        unit,
        side: 'below',
        measured,
    });
    const ring = (benchmark: string, metric: string) =>
        valueOf(results, [benchmark, metric], 'null', 'ring');
    const idle = ['round-trips', 'synchronise, idle stream'] as const;
    const launchSync = ['round-trips', 'launch a block, synchronise'] as const;
    const objects = [
        'allocate and free 1 KiB',
        'allocate and free 1 MiB',
        'create and destroy an event',
        'create and destroy a stream',
        'query a done event',
        'query an idle stream',
        'free and total memory',
    ];
    return [
        below('ring: launch with 4 arguments', 60, 'ns', ring('calls', 'launch, 4 arguments')),
        below('ring: round trip, idle stream', 2, 'us', ring(...idle)),
        below('gRPC on a Unix socket: round trip', 8, 'us', valueOf(results, idle, 'null', 'unix')),
        below('gRPC on TCP: round trip', 10, 'us', valueOf(results, idle, 'null', 'tcp')),
        below('launch a block and wait, ring', 8, 'us', valueOf(results, launchSync, 'software', 'ring')),
        below(
            'launch a block and wait, direct',
            5,
            'us',
            valueOf(results, launchSync, 'software', 'direct'),
        ),
        ...objects.map((metric) => below(`ring: ${metric}`, 1, 'us', ring('objects', metric))),
    ];
}

function copyGoals(results: Results): Goal[] {
    const share = (metric: string, carrier: Carrier, base: number | null) =>
        ratioTo(valueOf(results, ['copies', metric], 'null', carrier), base);
    // By reference nothing is copied but by the device: the null device would copy nothing at all.
    const device: Device = results.devices.nvidia === undefined ? 'software' : 'nvidia';
    const pinned = (metric: string) =>
        ratioTo(
            valueOf(results, ['copies', metric], device, 'ring'),
            valueOf(results, ['copies', 'memcpy, 16 MiB'], device, 'ring'),
        );
    const above = (text: string, limit: number, measured: number | null): Goal => ({
        text,
        limit,
        unit: 'x',
        side: 'above',
        measured,
    });
    return [
        above(
            'ring: pinned 16 MiB to the device, against memcpy',
            0.85,
            pinned('pinned to device, 16 MiB'),
        ),
        above(
            'ring: pinned 16 MiB to the host, against memcpy',
            0.85,
            pinned('pinned to host, 16 MiB'),
        ),
        above(
            'gRPC on a Unix socket: 16 MiB to the device, against a raw socket',
            0.7,
            share('pageable to device, 16 MiB', 'unix', limitOf(results, 'Unix socket, copies of 16 MiB')),
        ),
        above(
            'gRPC on a Unix socket: 16 MiB to the host, against a raw socket',
            0.7,
            share('pageable to host, 16 MiB', 'unix', limitOf(results, 'Unix socket, copies of 16 MiB')),
        ),
        above(
            'gRPC on TCP: 16 MiB to the device, against a raw socket',
            0.7,
            share('pageable to device, 16 MiB', 'tcp', limitOf(results, 'TCP socket, copies of 16 MiB')),
        ),
        above(
            'gRPC on TCP: 16 MiB to the host, against a raw socket',
            0.7,
            share('pageable to host, 16 MiB', 'tcp', limitOf(results, 'TCP socket, copies of 16 MiB')),
        ),
    ];
}

/** What a message of a raw socket takes there and back, both ends looking, in us; null not measured. */
export function socketTrips(results: Results): { readonly unix: number; readonly tcp: number } | null {
    const [unix, tcp] = ['Unix', 'TCP'].map((kind) =>
        limitOf(results, `${kind} socket, awake, two cores`),
    );
    return unix === null || unix === undefined || tcp === null || tcp === undefined ? null : { unix, tcp };
}

/**
 * What the mean of the five programs over TCP would be if nothing but the two programs that copy took longer
 * than direct, and these only what a raw socket takes for their bytes; null when not measured.
 */
export function socketAloneMean(results: Results): number | null {
    const device: Device = results.devices.nvidia === undefined ? 'software' : 'nvidia';
    const socket = limitOf(results, 'TCP socket, copies of 16 MiB');
    const share = (kind: string): number | null => {
        const rate = (way: string) =>
            valueOf(results, ['copies', `${kind} ${way}, 16 MiB`], device, 'direct');
        const [there, back] = [rate('to device'), rate('to host')];
        return socket === null || there === null || back === null
            ? null
            : 2 / socket / (1 / there + 1 / back);
    };
    const [pinned, pageable] = [share('pinned'), share('pageable')];
    return pinned === null || pageable === null ? null : (pinned * pageable) ** (1 / programNames.length);
}

// Training::kCopies * kCopySize of the guest, and the steps of its long form.
const bytesPerTrainingStep = 8 * 65_536;
const trainingSteps = 100;

/**
 * What `training` over the judged link would take against direct if a step were longer by nothing but what
 * the raw connection through it takes for the step's bytes and for one message there and back; null when
 * not measured.
 */
export function linkAlone(results: Results): number | null {
    const link = results.links.find(isJudgedLink);
    const training = link?.programs.find(({ name }) => name === 'training');
    if (link === undefined || training === undefined || results.quick) return null;
    const stepMs = median(shownValues(training.direct)) / trainingSteps;
    const bytesMs = (bytesPerTrainingStep * 8) / (link.measuredGbit * 1e6);
    return 1 + (bytesMs + link.measuredRoundTripUs / 1000) / stepMs;
}

/** The link that the last of the programs' goals is about. */
export function isJudgedLink({ gbit, roundTripUs }: { gbit: number; roundTripUs: number }): boolean {
    return gbit === 25 && roundTripUs === 1000;
}

function programGoals(results: Results): Goal[] {
    const ratio = (text: string, limit: number, measured: number | null): Goal => ({
        text,
        limit,
        unit: 'x',
        side: 'below',
        measured,
    });
    const link = results.links.find(isJudgedLink);
    const training = link?.programs.find(({ name }) => name === 'training');
    const far = training === undefined ? null : ratioBetween(training.forwarded, training.direct);
    return [
        ...programLimits.map(([name, limit]) =>
            ratio(`ring: ${name}, forwarded against direct`, limit, programRatio(results, name, 'ring')),
        ),
        ratio('ring: all five programs, geometric mean', 1.08, meanProgramRatio(results, 'ring')),
        ratio('TCP on loopback: all five programs, geometric mean', 1.15, meanProgramRatio(results, 'tcp')),
        ratio('training over 25 Gbit/s and 1 ms', 1.1, far),
    ];
}

function startupGoal(results: Results): Goal {
    const ring = valueOf(results, ['startup', 'process'], 'software', 'ring');
    const direct = valueOf(results, ['startup', 'process'], 'software', 'direct');
    const measured = ring === null || direct === null ? null : ring - direct;
    return { text: 'ring: start-up above the direct run', limit: 15, unit: 'ms', side: 'below', measured };
}

function switchGoals(results: Results): Goal[] {
    const goal = (text: string, key: Parameters<typeof findSeries>[1]): Goal => ({
        text,
        limit: 2,
        unit: '',
        side: 'below',
        measured: switchesOf(results, key),
    });
    const calls = { benchmark: 'calls', device: 'null', carrier: 'ring' } as const;
    const million = ['million', 'system calls in a million launches'] as const;
    return [
        {
            text: `ring: ${million[1]}`,
            limit: 10,
            unit: '',
            side: 'below',
            measured: valueOf(results, million, 'null', 'ring'),
        },
        goal('ring: context switches per 1,000 calls, bursts of launches', {
            ...calls,
            metric: 'launch, 4 arguments',
        }),
        goal('ring: context switches per 1,000 calls, 500 launches and a wait', {
            ...calls,
            metric: '500 launches and a wait',
        }),
    ];
}

// Training::kCalls of the guest.
const callsPerTrainingStep = 333;

function tripGoals(results: Results): Goal[] {
    const device: Device = results.devices.nvidia === undefined ? 'software' : 'nvidia';
    const ofProgram = (benchmark: string) =>
        results.counters.find(
            (each) => each.benchmark === benchmark && each.device === device && each.carrier === 'ring',
        );
    const [training, start] = [ofProgram('training'), ofProgram('startup')];
    const startTrips = start === undefined ? null : median(start.roundTrips);
    // By the calls, for the guest makes a step more for every look.
    const perStep =
        training === undefined || startTrips === null
            ? null
            : ((median(training.roundTrips) - startTrips) * callsPerTrainingStep) / median(training.calls);
    const goal = (text: string, limit: number, measured: number | null): Goal => ({
        text,
        limit,
        unit: '',
        side: 'below',
        measured,
    });
    return [
        // What the program prepares before its loop may be a few more.
        goal('ring: blocking round trips per step of `training`', 1.1, perStep),
        goal('ring: blocking round trips of `startup`: 3, its image, its result', 5, startTrips),
    ];
}

/** For each of goalsOf(): whether what it was measured by may have been disturbed by others. */
export function disturbedGoals(results: Results): boolean[] {
    const quiet = goalsOf(withoutDisturbed(results));
    return goalsOf(results).map(
        ({ measured }, index) => measured !== null && (quiet[index]?.measured ?? null) === null,
    );
}

/** Every goal, in the order of the report. */
export function goalsOf(results: Results): Goal[] {
    return [
        ...callGoals(results),
        ...switchGoals(results),
        ...copyGoals(results),
        startupGoal(results),
        ...programGoals(results),
        ...tripGoals(results),
    ];
}
