// `npm run bench -- gl [--quick] [--rounds N] [--seconds S] [--no-classic] [PROGRAM]...`: programs that draw
// in windows, forwarded beside direct rendering on the same Mesa, and beside forwarding call by call. A
// PROGRAM is a part of a name. Called by host-daemon/scripts/bench.mjs. Writes out/bench/gl.md and gl.json;
// judges nothing, but a run that fails makes it fail.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import { glCases, type GlCase } from './cases.ts';
import { emptyResult, reportOf, type GlResult, type GlResults, type PerFrame } from './report.ts';
import { GlBench, glModes, type GlMode, type GlRun } from './runs.ts';
import { hasCommand } from './x-server.ts';

// Of the run that is taken off a long one: what is left is frames alone.
const shortSeconds = 0.2;

interface GlOptions {
    readonly rounds: number;
    readonly seconds: number;
    readonly modes: readonly GlMode[];
    readonly parts: readonly string[];
}

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

function parseGlOptions(words: readonly string[]): GlOptions {
    const valueOf = (flag: string) => (words.includes(flag) ? Number(words[words.indexOf(flag) + 1]) : null);
    const quick = words.includes('--quick');
    const values = ['--rounds', '--seconds'].map((flag) => words.indexOf(flag) + 1);
    return {
        rounds: valueOf('--rounds') ?? (quick ? 1 : 3),
        seconds: valueOf('--seconds') ?? (quick ? 1 : 3),
        modes: glModes.filter((mode) => mode !== 'classic' || !words.includes('--no-classic')),
        parts: words.filter((word, at) => !word.startsWith('--') && !values.includes(at)),
    };
}

/** What a frame costs: the difference of a long and a short run, so that set-up does not count. */
function perFrameOf(each: GlCase, long: GlRun, short: GlRun | null): PerFrame | null {
    const framesOf = (run: GlRun | null) => run?.stats?.byCall[each.frame ?? 'glXSwapBuffers'] ?? 0;
    const frames = framesOf(long) - framesOf(short);
    if (long.stats === null || frames <= 0) {
        return null;
    }
    const less = (of: (stats: NonNullable<GlRun['stats']>) => number) =>
        ((long.stats === null ? 0 : of(long.stats)) - (short?.stats == null ? 0 : of(short.stats))) / frames;
    return {
        roundTrips: less((stats) => stats.roundTrips),
        records: less((stats) => stats.records),
        bytesOut: less((stats) => stats.bytesOut),
        guestSwitches: less((stats) => stats.switches.voluntary),
        workerSwitches: less((stats) => stats.workerSwitches?.voluntary ?? 0),
    };
}

interface Found {
    readonly failures: string[];
    readonly renderers: Set<string>;
}

/** Null after noting why it failed. */
async function runOnce(
    bench: GlBench,
    mode: GlMode,
    each: GlCase,
    seconds: number,
    found: Found,
): Promise<GlRun | null> {
    try {
        const run = await bench.run(mode, each, seconds);
        found.renderers.add(run.renderer ?? '');
        return run;
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        found.failures.push(reason);
        say(`  FAILED ${reason}`);
        return null;
    }
}

async function measureCase(
    bench: GlBench,
    each: GlCase,
    { rounds, seconds, modes }: GlOptions,
    found: Found,
): Promise<GlResult> {
    const result = emptyResult(each);
    const turns =
        each.silent === true
            ? (['ferry'] as const)
            : Array.from({ length: rounds }, () => modes).flat();
    let last: GlRun | null = null;
    for (const mode of turns) {
        result.loads.push(loadavg()[0] ?? 0);
        const run = await runOnce(bench, mode, each, seconds, found);
        result.fps[mode].push(run?.fps ?? Number.NaN);
        last = mode === 'ferry' ? run : last;
    }
    if (last !== null) {
        const isWhole = each.endless === true && each.silent !== true;
        const short = isWhole ? null : await runOnce(bench, 'ferry', each, shortSeconds, found);
        result.perFrame = perFrameOf(each, last, short);
    }
    return result;
}

function lineOf({ name, fps, perFrame }: GlResult): string {
    const middle = (values: readonly number[]) => values[Math.floor(values.length / 2)]?.toFixed(0) ?? '-';
    const rates = glModes.map((mode) => `${mode} ${middle(fps[mode])}`).join(', ');
    return `  ok    ${name}: ${rates}, ${perFrame?.roundTrips.toFixed(2) ?? '?'} round trips a frame`;
}

function write(results: GlResults): string {
    const folder = join(installRoot, 'out', 'bench');
    mkdirSync(folder, { recursive: true });
    const report = reportOf(results);
    writeFileSync(join(folder, 'gl.md'), report);
    writeFileSync(join(folder, 'gl.json'), `${JSON.stringify(results, null, 1)}\n`);
    return report;
}

/** Runs everything that `words` ask for; answers the exit status. */
export async function runGlBench(words: readonly string[]): Promise<number> {
    const options = parseGlOptions(words);
    if (!existsSync(places.glVendor) || !hasCommand('Xvfb')) {
        say('SKIPPED OpenGL: this build has no libraries for it, or there is no Xvfb');
        return 0;
    }
    const { parts } = options;
    const isAsked = (name: string) => parts.length === 0 || parts.some((part) => name.includes(part));
    const chosen = glCases.filter(({ name }) => isAsked(name));
    const isThere = ({ program }: GlCase) => existsSync(program) || hasCommand(program);
    const skipped = chosen
        .filter((each) => !isThere(each))
        .map(({ name, program }) => `${name}: ${program} is not installed, or cannot be built`);
    skipped.forEach((each) => say(`SKIPPED ${each}`));
    const startedAt = new Date().toISOString();
    const results: GlResult[] = [];
    const found: Found = { failures: [], renderers: new Set() };
    const bench = await GlBench.start();
    try {
        for (const each of chosen.filter(isThere)) {
            const result = await measureCase(bench, each, options, found);
            results.push(result);
            say(lineOf(result));
        }
    } finally {
        await bench.stop();
    }
    const [machine] = cpus();
    const report = write({
        startedAt,
        machine: `${machine?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
        renderers: [...found.renderers].filter((name) => name !== ''),
        rounds: options.rounds,
        seconds: options.seconds,
        results,
        skipped,
        failures: found.failures,
    });
    say(`\n${report}report in ${join(installRoot, 'out', 'bench')}/gl.md, numbers in gl.json`);
    const { failures } = found;
    return failures.length === 0 ? 0 : 1;
}
