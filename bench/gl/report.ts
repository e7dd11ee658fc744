// The report of the benchmark of OpenGL: ratios from runs that stand next to each other, with their spread.
// Pure; written by bench/gl/main.ts.
import { formatNumber, geometricMean, median, spreadOf } from '../report/statistics.ts';
import { wantedFrames, wantedMean, type GlCase } from './cases.ts';

/** What one program did, round by round. */
export interface GlResult {
    readonly name: string;
    readonly isScene: boolean;
    readonly wanted: readonly [number, number] | null;
    readonly fps: { readonly direct: number[]; readonly ferry: number[]; readonly classic: number[] };
    /** Per frame, set-up left out; null where nothing was counted. */
    perFrame: PerFrame | null;
    loads: number[];
}

export interface PerFrame {
    readonly roundTrips: number;
    readonly records: number;
    readonly bytesOut: number;
    /** Voluntary, of all threads. */
    readonly guestSwitches: number;
    readonly workerSwitches: number;
}

export interface GlResults {
    readonly startedAt: string;
    readonly machine: string;
    /** As GL names them: of direct and of forwarded runs, which ought to be one. */
    readonly renderers: readonly string[];
    readonly rounds: number;
    readonly seconds: number;
    readonly results: readonly GlResult[];
    readonly skipped: readonly string[];
    readonly failures: readonly string[];
}

/** A result without any run yet. */
export function emptyResult({ name, isScene = false, wanted }: GlCase): GlResult {
    const fps = { direct: [], ferry: [], classic: [] };
    return { name, isScene, wanted: wanted ?? null, fps, perFrame: null, loads: [] };
}

const isNumber = (value: number) => !Number.isNaN(value);

function rate(values: readonly number[]): string {
    const known = values.filter(isNumber);
    if (known.length === 0) {
        return '';
    }
    const spread = spreadOf(known);
    return `${formatNumber(spread.median)} (${formatNumber(spread.min)}-${formatNumber(spread.max)})`;
}

/** Of the rounds in which both have run. */
function ratiosOf(above: readonly number[], below: readonly number[]): readonly number[] {
    return above.map((value, index) => value / (below[index] ?? Number.NaN)).filter(isNumber);
}

function ratioOf(above: readonly number[], below: readonly number[]): string {
    const ratios = ratiosOf(above, below);
    if (ratios.length === 0) {
        return '';
    }
    const spread = spreadOf(ratios);
    return `${spread.median.toFixed(2)} (${spread.min.toFixed(2)}-${spread.max.toFixed(2)})`;
}

function rowOf(result: GlResult): string {
    const { name, fps, wanted, perFrame } = result;
    const wish = wanted === null ? '' : wanted[0] === wanted[1] ? wanted[0] : `${wanted[0]} (${wanted[1]})`;
    const cells = [
        name,
        rate(fps.direct),
        rate(fps.ferry),
        rate(fps.classic),
        ratioOf(fps.ferry, fps.direct),
        wish,
        ratioOf(fps.classic, fps.direct),
    ];
    const counted =
        perFrame === null
            ? ['', '', '', '', '']
            : [
                  perFrame.roundTrips.toFixed(2),
                  perFrame.records.toFixed(0),
                  (perFrame.bytesOut / 1024).toFixed(1),
                  perFrame.guestSwitches.toFixed(1),
                  perFrame.workerSwitches.toFixed(1),
              ];
    return `| ${[...cells, ...counted].join(' | ')} |`;
}

/** Geometric mean of the scenes' median ratios; null when there is none. */
export function meanOfScenes(results: readonly GlResult[], mode: 'ferry' | 'classic'): number | null {
    const ratios = results
        .filter(({ isScene }) => isScene)
        .map(({ fps }) => ratiosOf(fps[mode], fps.direct))
        .filter(({ length }) => length > 0)
        .map((each) => median(each));
    return ratios.length === 0 ? null : geometricMean(ratios);
}

function meanLine(results: readonly GlResult[]): readonly string[] {
    const [ferry, classic] = [meanOfScenes(results, 'ferry'), meanOfScenes(results, 'classic')];
    if (ferry === null) {
        return [];
    }
    const scenes = results.filter(({ isScene, fps }) => isScene && fps.ferry.length > 0).length;
    const byCall = classic?.toFixed(2) ?? 'not measured';
    return [
        `Geometric mean of ${scenes} scenes of glmark2: **${ferry.toFixed(2)}** of direct rendering; ` +
            `wanted ${wantedMean[0]}, hoped for ${wantedMean[1]}; call by call ${byCall}.`,
        '',
    ];
}

const columns = [
    'program',
    'direct',
    'Ferry',
    'call by call',
    'Ferry / direct',
    'wanted',
    'call by call / direct',
    'round trips a frame',
    'records',
    'KiB',
    'switches of the guest',
    'of the worker',
];

/** The whole report. */
export function reportOf(run: GlResults): string {
    const loads = run.results.flatMap((each) => each.loads);
    const range = [Math.min(...loads), Math.max(...loads)].map((load) => load.toFixed(1)).join(' to ');
    return [
        '# OpenGL against direct rendering',
        '',
        `${run.machine}, ${run.renderers.join(' against ')}, Xvfb; ${run.startedAt.slice(0, 10)}; ` +
            `load ${loads.length === 0 ? 'unknown' : range}.`,
        `Frames a second, median of ${run.rounds} rounds of ${run.seconds} s with the extremes. In each ` +
            'round direct, forwarded and call by call stand next to each other; a ratio is the median of ' +
            'the ratios round by round. Wanted is what counts as reached, hoped for in brackets.',
        '',
        ...meanLine(run.results),
        `Of 1920x1080, ${wantedFrames} frames a second count as reached. At most one round trip a frame is`,
        'wanted where pictures are read back, and five of molecule, which does not say how fast it is.',
        '',
        `| ${columns.join(' | ')} |`,
        `| --- |${' ---: |'.repeat(columns.length - 1)}`,
        ...run.results.filter(({ fps }) => fps.ferry.length > 0).map(rowOf),
        '',
        ...run.skipped.map((each) => `Skipped: ${each}`),
        ...run.failures.map((each) => `Failed: ${each}`),
        '',
    ].join('\n');
}
