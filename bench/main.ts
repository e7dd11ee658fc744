// The benchmarks, `npm run bench`; options.ts has the flags. Called by host-daemon/scripts/bench.mjs and
// bench/gpu when everything is built. Measures, writes results.json, report.md and its charts, and prints a
// short table. It judges nothing: only a run that failed makes it fail.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

import { installRoot, readVersion } from '../host-daemon/src/config/places.ts';
import { parseOptions, type Options } from './options.ts';
import { chartsOf } from './report/charts.ts';
import { writeMarkdown } from './report/markdown.ts';
import {
    carriers as allCarriers,
    type Carrier,
    type Device,
    type Results,
    type Series,
} from './report/results.ts';
import { summaryOf } from './report/summary.ts';
import { findCarriers } from './run/carriers.ts';
import { runGuest, type GuestResult } from './run/guest.ts';
import { BenchHost, plainEnvironment, programs } from './run/host.ts';
import { runLinks } from './run/links.ts';
import { looksFor, type Alone } from './run/looks.ts';
import { countStolen } from './run/stolen.ts';
import {
    addTo,
    Collector,
    emptySeries,
    runSuite,
    wantedOn,
    type SuiteOptions,
} from './run/suite.ts';

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

async function runLimits(...words: readonly string[]): Promise<readonly GuestResult[]> {
    const limitMs = 120_000;
    const { results } = await runGuest({
        command: [programs.limits, ...words],
        env: plainEnvironment(),
        limitMs,
    });
    return results;
}

async function findAlone(quick: boolean): Promise<Alone> {
    const results = await runLimits('alone', ...(quick ? ['--quick'] : []));
    const valueOf = (name: string) => results.find(({ metric }) => metric === name)?.p50 ?? 0;
    return { loopNs: valueOf('alone'), tripNs: valueOf('trip') };
}

// Taken before, between and after: each time adds a value to the same series.
async function measureLimits(quick: boolean, alone: Alone, found: Series[]): Promise<void> {
    const pace = [...(quick ? ['--quick'] : []), ...looksFor(alone)];
    const results = await runLimits('machine', ...pace);
    for (const result of results) {
        const { metric, unit } = result;
        const known = found.find((each) => each.metric === metric);
        const key = { benchmark: 'limits', metric, unit, device: 'null', carrier: 'direct' } as const;
        const series = known ?? emptySeries(key);
        if (known === undefined) {
            found.push(series);
        }
        addTo(series, result);
    }
}

/** How many steps of the guests' kernel take the device 50 us, directly. */
async function calibrate(host: BenchHost, alone: Alone): Promise<number> {
    const args = looksFor(alone);
    const request = { benchmark: 'calibrate', carrier: 'direct', args, meets: 'never' } as const;
    const { results } = await host.run(request);
    const found = results[0];
    return Math.max(1, Math.round(found?.quietP50 ?? found?.p50 ?? 1));
}

interface Found {
    readonly alone: Alone;
    readonly collector: Collector;
    readonly devices: Partial<Record<Device, string>>;
    unavailable: Results['unavailable'];
    links: Results['links'];
}

async function measureDevice(
    device: Device,
    options: Options,
    found: Found,
    partDone: () => void,
): Promise<void> {
    const wantsLinks = device !== 'null' && (options.only.length === 0 || options.only.includes('links'));
    if (wantedOn(device, options.only).length === 0 && !wantsLinks) {
        return;
    }
    const host = await BenchHost.start(device);
    try {
        found.devices[device] = await host.describe();
        const wanted: readonly Carrier[] = options.carriers ?? allCarriers;
        const { carriers, unavailable } = await findCarriers(host, wanted);
        found.unavailable = device === 'null' ? found.unavailable : unavailable;
        unavailable
            .filter(({ carrier }) => carrier !== 'direct')
            .forEach(({ carrier, reason }) => say(`  --    ${carrier} is not available: ${reason}`));
        const { alone } = found;
        const workRounds = device === 'null' ? 1 : await calibrate(host, alone);
        const suite: SuiteOptions = { ...options, carriers, workRounds, alone, say, partDone };
        await runSuite(host, suite, found.collector);
        if (wantsLinks && carriers.includes('tcp') && carriers.includes('direct')) {
            await runLinks(host, suite, (links) => {
                found.links = links;
                partDone();
            });
        }
    } finally {
        await host.stop();
    }
}

/** Measures what `options` ask for; what there is after each part of it goes to `keep`. */
async function measure(options: Options, keep: (results: Results) => void): Promise<Results> {
    const startedAt = new Date();
    const loadBefore = loadavg()[0] ?? 0;
    const stolen = countStolen();
    const alone = await findAlone(options.quick);
    const found: Found = { alone, collector: new Collector(), devices: {}, unavailable: [], links: [] };
    const wantsLimits = options.only.length === 0 || options.only.includes('limits');
    const limits: Series[] = [];
    const measureLimitsToo = () =>
        wantsLimits ? measureLimits(options.quick, alone, limits) : Promise.resolve();
    const resultsSoFar = (): Results => ({
        version: readVersion(),
        startedAt: startedAt.toISOString(),
        durationS: Math.round((Date.now() - startedAt.getTime()) / 1000),
        quick: options.quick,
        rounds: options.rounds,
        machine: {
            cpu: cpus()[0]?.model.trim() ?? 'unknown',
            cores: cpus().length,
            memoryGib: Math.round(totalmem() / 2 ** 30),
            // Without what a distribution or a host appends.
            kernel: `Linux ${/^[0-9.]+/.exec(release())?.[0] ?? ''}`,
            node: process.version,
            loadBefore,
            loadAfter: loadavg()[0] ?? 0,
            stolen: stolen(),
            aloneNs: alone.loopNs,
            tripNs: alone.tripNs,
        },
        devices: found.devices,
        unavailable: [...found.unavailable, ...found.collector.unavailable],
        failures: found.collector.failures,
        limits,
        series: found.collector.series,
        counters: found.collector.counters,
        links: found.links,
    });
    await measureLimitsToo();
    for (const device of options.devices) {
        await measureDevice(device, options, found, () => keep(resultsSoFar()));
        await measureLimitsToo();
    }
    return resultsSoFar();
}

function writeNumbers(results: Results, folder: string): void {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'results.json');
    // Whole or not at all: a run may be stopped at any time.
    writeFileSync(`${path}.new`, `${JSON.stringify(results, null, 1)}\n`);
    renameSync(`${path}.new`, path);
}

function write(results: Results, folder: string, withCharts: boolean): void {
    writeNumbers(results, folder);
    writeFileSync(join(folder, 'report.md'), writeMarkdown(results, 'charts/'));
    if (!withCharts) {
        return;
    }
    // Of an earlier run there may be others, which this report does not show.
    rmSync(join(folder, 'charts'), { recursive: true, force: true });
    mkdirSync(join(folder, 'charts'), { recursive: true });
    chartsOf(results).forEach(({ file, text }) => writeFileSync(join(folder, 'charts', file), text));
}

/** What an earlier run has written; null when that was another version's. */
function readResults(path: string): Results | null {
    const results = JSON.parse(readFileSync(path, 'utf8')) as Results;
    return 'tripNs' in results.machine ? results : null;
}

/** Runs everything that `words` ask for; answers the exit status. */
export async function runBench(words: readonly string[]): Promise<number> {
    const options = parseOptions(words);
    if (typeof options === 'string') {
        process.stderr.write(`ferry: ${options}\n`);
        return 2;
    }
    const folder = options.out ?? join(installRoot, 'out', 'bench');
    const results = options.from === null
        ? await measure(options, (soFar) => writeNumbers(soFar, folder))
        : readResults(options.from);
    if (results === null) {
        process.stderr.write(`ferry: --from: ${options.from}: expected what this version has measured\n`);
        return 2;
    }
    write(results, folder, options.charts);
    say('');
    summaryOf(results).forEach(say);
    results.failures.forEach((failure) => say(`FAILED ${failure}`));
    say(`report in ${folder}/report.md, numbers in ${folder}/results.json`);
    return results.failures.length === 0 ? 0 : 1;
}
