// `npm run bench -- soft [--quick] [KERNEL]...`: how fast the software device runs eight kernels, beside the
// same loops of g++'s in the same run, for each instruction set of this machine, on one thread and on two.
// Called by host-daemon/scripts/bench.mjs. Writes out/bench/soft.md and soft.json; judges nothing.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { installRoot } from '../../host-daemon/src/config/places.ts';

/** One line of ferry-bench-soft: microseconds, median with extremes. */
interface Measured {
    readonly kernel: string;
    readonly what: string;
    readonly us: number;
    readonly least: number;
    readonly most: number;
}

/** What one process measured, and how it was set up. */
interface SoftRun {
    readonly instructionSet: string;
    readonly threads: number;
    readonly compiles: boolean;
    readonly results: readonly Measured[];
}

const program = join(installRoot, 'build/bench/ferry-bench-soft');

function runOnce(
    setUp: Omit<SoftRun, 'results'>,
    words: readonly string[],
): readonly Measured[] {
    const env = {
        PATH: process.env['PATH'] ?? '',
        LD_LIBRARY_PATH: join(installRoot, 'build/soft/links'),
        FERRY_SOFT_ISA: setUp.instructionSet,
        FERRY_SOFT_THREADS: String(setUp.threads),
        ...(setUp.compiles ? {} : { FERRY_SOFT_COMPILE: '0' }),
    };
    const kernels = join(installRoot, 'build/bench/soft-kernels.ptx');
    const run = spawnSync(program, [kernels, ...words], { encoding: 'utf8', env, timeout: 600_000 });
    if (run.status !== 0) {
        throw new Error(`ferry-bench-soft failed: ${run.stderr}${run.error?.message ?? ''}`);
    }
    const lines = run.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Measured);
}

function find(run: SoftRun, kernel: string, what: string): Measured | undefined {
    return run.results.find((each) => each.kernel === kernel && each.what === what);
}

const us = (value: number) => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en'));

/** The rows of one set-up: engine time, and how many times faster than the loops it is. */
function rowsOf(run: SoftRun): readonly string[] {
    const kernels = [...new Set(run.results.map(({ kernel }) => kernel))];
    return kernels.flatMap((kernel) => {
        const [engine, plain, native] = ['engine', 'plain', 'native'].map((what) => find(run, kernel, what));
        if (engine === undefined || plain === undefined || native === undefined) {
            return [];
        }
        const times = (loops: Measured) => {
            const [least, middle, most] = [
                loops.least / engine.most,
                loops.us / engine.us,
                loops.most / engine.least,
            ].map((ratio) => ratio.toFixed(2));
            return `${middle}x (${least}-${most})`;
        };
        const setUp = `${run.instructionSet}${run.compiles ? '' : ', not compiled'}`;
        return [`| ${kernel} | ${setUp} | ${us(engine.us)} us | ${times(plain)} | ${times(native)} |`];
    });
}

/** Several runs of one set-up as one: the median of medians, and the extremes of all. */
function pool(runs: readonly SoftRun[]): SoftRun | undefined {
    const [first] = runs;
    if (first === undefined) {
        return undefined;
    }
    const results = first.results.map(({ kernel, what }) => {
        const all = runs.flatMap((run) => find(run, kernel, what) ?? []);
        const medians = all.map((each) => each.us).sort((a, b) => a - b);
        return {
            kernel,
            what,
            us: medians[Math.floor(medians.length / 2)] ?? Number.NaN,
            least: Math.min(...all.map((each) => each.least)),
            most: Math.max(...all.map((each) => each.most)),
        };
    });
    return { ...first, results };
}

/** How many times faster the second is: by the medians, and by the best of each. */
function gain(one: Measured | undefined, two: Measured | undefined): string {
    if (one === undefined || two === undefined) {
        return '';
    }
    return `${(one.us / two.us).toFixed(2)}x (${(one.least / two.least).toFixed(2)})`;
}

function threadRows(one: SoftRun, two: SoftRun): readonly string[] {
    return one.results
        .filter(({ what }) => what === 'engine')
        .map((alone) => {
            const both = find(two, alone.kernel, 'engine');
            const loops = ['plain', 'plain on two threads'].map((what) => find(two, alone.kernel, what));
            const times = `${us(alone.us)} us | ${us(both?.us ?? Number.NaN)} us`;
            return `| ${alone.kernel} | ${times} | ${gain(alone, both)} | ${gain(loops[0], loops[1])} |`;
        });
}

function reportOf(runs: readonly SoftRun[], one: SoftRun, two: SoftRun): string {
    const [machine] = cpus();
    const launches = ['load and first launch', 'small launch'].map((what) => {
        const found = find(one, 'nothing', what);
        return `| ${what} | ${us(found?.us ?? Number.NaN)} us |`;
    });
    return [
        '# The software device against g++',
        '',
        `${machine?.model.trim() ?? 'unknown'}, ${cpus().length} cores. Kernels as nvcc compiles ` +
            '`bench/soft/kernels.cu`, loops as g++ compiles `bench/soft/reference.inc`, in turn in one ' +
            'process; processor time of one thread, medians, and the worst and best ratio of any two rounds.',
        '',
        '| kernel | instruction set | software device | g++ -O3 takes | g++ -O3 -march=native takes |',
        '| --- | --- | ---: | ---: | ---: |',
        ...runs.flatMap(rowsOf),
        '',
        'By the clock on the wall, medians, and in brackets by the best round of each; the loops on two ' +
            'threads, which are awake before the clock starts and take 32 pieces in turn, show what the ' +
            'machine gives.',
        '',
        '| kernel | one thread | two threads | faster | g++ -O3 on two threads is faster |',
        '| --- | ---: | ---: | ---: | ---: |',
        ...threadRows(one, two),
        '',
        '| launching | median |',
        '| --- | ---: |',
        ...launches,
        '',
    ].join('\n');
}

/** Runs everything; answers the exit status. */
export function runSoftBench(words: readonly string[]): number {
    const asked = spawnSync(program, ['--instruction-sets'], { encoding: 'utf8' });
    const found = asked.stdout.trim().split(' ');
    const best = found.at(-1) ?? 'base';
    const measure = (setUp: Omit<SoftRun, 'results'>, extra: readonly string[] = []): SoftRun => {
        const run = { ...setUp, results: runOnce(setUp, [...words, ...extra]) };
        process.stdout.write(`  ok    ${setUp.instructionSet}, ${setUp.threads} thread(s)\n`);
        return run;
    };
    const runs = found.flatMap((instructionSet) => [
        ...(instructionSet === 'base' ? [] : [measure({ instructionSet, threads: 1, compiles: false })]),
        measure({ instructionSet, threads: 1, compiles: true }),
    ]);
    // In turn, so that a change in the machine falls on both.
    const turns = Array.from({ length: 3 }, () =>
        [1, 2].map((threads) => measure({ instructionSet: best, threads, compiles: true }, ['--wall'])),
    );
    const [one, two] = [1, 2].map((threads) => pool(turns.flat().filter((run) => run.threads === threads)));
    if (one === undefined || two === undefined) {
        return 1;
    }
    const folder = join(installRoot, 'out', 'bench');
    mkdirSync(folder, { recursive: true });
    const report = reportOf(runs, one, two);
    writeFileSync(join(folder, 'soft.md'), report);
    writeFileSync(join(folder, 'soft.json'), `${JSON.stringify([...runs, one, two], null, 1)}\n`);
    process.stdout.write(`\n${report}report in ${folder}/soft.md, numbers in ${folder}/soft.json\n`);
    return 0;
}
