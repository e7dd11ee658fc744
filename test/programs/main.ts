// Runs programs that others wrote, from snapshots that the caller names, on the software device directly and
// through Ferry, and prints a table. After `npm run build`, for example:
//   node build/js/test/programs/main.js --tree hecbench=/src/HeCBench --list twenty-five --out table.md
// Nothing of those programs is in this repository, and `npm test` does not run them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import {
    binary,
    build,
    driverFolder,
    openWorkshop,
    sourceFolder,
    type Linkage,
    type Workshop,
} from './build.ts';
import { cudaSamples } from './cuda-samples.ts';
import { hecbench } from './hecbench.ts';
import { judge, start } from './judge.ts';
import { otherSuites } from './other-suites.ts';
import { suites, type Program, type Suite } from './program.ts';
import { compare, written } from './reference.ts';
import { table, type Outcome } from './table.ts';

const usage = `usage: main.js --tree SUITE=PATH [--tree ...] [--list twenty-five|hundred|FILE] [--only NAME]
  [--nvcc PATH] [--folder PATH] [--way direct|ferry] [--linkage static|shared] [--limit SECONDS] [--jobs N]
  [--out FILE] [--default-architecture]
suites: ${suites.join(', ')}; a path is a folder or a git repository, of which the head is taken`;

type Way = 'direct' | 'ferry';

interface Request {
    readonly shop: Workshop;
    readonly programs: readonly Program[];
    readonly ways: readonly Way[];
    readonly linkages: readonly Linkage[];
    readonly limitMs: number;
    readonly jobs: number;
    readonly out: string | undefined;
}

function readList(name: string): readonly string[] {
    const ours = join(installRoot, 'test', 'programs', `${name}.txt`);
    const lines = readFileSync(existsSync(ours) ? ours : name, 'utf8').split('\n');
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function isSuite(name: string): name is Suite {
    return suites.some((suite) => suite === name);
}

function readTrees(trees: readonly string[]): ReadonlyMap<Suite, string> {
    return new Map(
        trees.map((tree) => {
            const [suite = '', path = ''] = tree.split('=');
            if (!isSuite(suite) || !existsSync(path)) {
                throw new Error(`--tree ${tree}: expected a suite and an existing path\n${usage}`);
            }
            return [suite, path] as const;
        }),
    );
}

function readRequest(): Request {
    const text = { type: 'string' } as const;
    const many = { type: 'string', multiple: true } as const;
    const { values } = parseArgs({
        options: {
            tree: many,
            list: text,
            only: many,
            nvcc: text,
            folder: text,
            way: many,
            linkage: many,
            limit: text,
            jobs: text,
            out: text,
            'default-architecture': { type: 'boolean' },
        },
    });
    const known = [...cudaSamples, ...hecbench, ...otherSuites];
    const names = values.only ?? readList(values.list ?? 'twenty-five');
    const programs = names.map((name) => {
        const found = known.find((program) => program.name === name);
        if (found === undefined) {
            throw new Error(`nothing is known about ${name}\n${usage}`);
        }
        return found;
    });
    const nvcc = values.nvcc ?? process.env['NVCC'] ?? '/usr/local/cuda/bin/nvcc';
    if (!existsSync(nvcc)) {
        throw new Error(`${nvcc} is not there: --nvcc names it`);
    }
    const folder = values.folder ?? join(tmpdir(), 'ferry-programs');
    const architecture = values['default-architecture'] === true ? [] : ['-gencode', ptxOnly];
    const shop = { nvcc, trees: readTrees(values.tree ?? []), folder, architecture };
    const ways = (['direct', 'ferry'] as const).filter((way) => values.way?.includes(way) ?? true);
    const linkages = (['static', 'shared'] as const).filter((kind) => values.linkage?.includes(kind) ?? true);
    const limitMs = 1000 * Number(values.limit ?? '120');
    return { shop, programs, ways, linkages, limitMs, jobs: Number(values.jobs ?? '2'), out: values.out };
}

const ptxOnly = 'arch=compute_80,code=compute_80';

/** Null when the program has no reference or agrees with it. */
async function disagreement(request: Request, program: Program, text: string): Promise<string | null> {
    const { shop, limitMs } = request;
    const { reference } = program;
    if (reference === null) {
        return null;
    }
    const said = text + written(sourceFolder(shop, program), reference);
    return await compare(shop, program, reference, said, limitMs);
}

async function runOnce(request: Request, program: Program, way: Way, linkage: Linkage): Promise<Outcome> {
    const { shop, limitMs } = request;
    const what = { way, linkage };
    if (way === 'ferry' && program.onlyDirect !== null) {
        return { ...what, state: 'left out', reason: program.onlyDirect, seconds: 0 };
    }
    let seconds = 0;
    const ferry = [process.execPath, places.cliEntry, 'run', '--device', 'software', '--'];
    const env = way === 'direct' ? { ...process.env, LD_LIBRARY_PATH: driverFolder(shop) } : process.env;
    for (const { args, verdict } of program.runs) {
        const command = [...(way === 'ferry' ? ferry : []), binary(shop, program, linkage), ...args];
        const ended = await start(command, sourceFolder(shop, program), env, limitMs);
        seconds += ended.seconds;
        const reason = judge(ended, verdict) ?? (await disagreement(request, program, ended.text));
        if (reason !== null) {
            writeFileSync(`${binary(shop, program, linkage)}.${way}.txt`, ended.text);
            return { ...what, state: 'fails', reason, seconds };
        }
    }
    return program.unjudged === null
        ? { ...what, state: 'passes', reason: '', seconds }
        : { ...what, state: 'ends well', reason: program.unjudged, seconds };
}

async function runProgram(request: Request, program: Program): Promise<readonly Outcome[]> {
    try {
        await build(request.shop, program);
    } catch (error) {
        const reason = `does not build: ${error instanceof Error ? error.message : String(error)}`;
        return [{ way: 'direct', linkage: 'static', state: 'fails', reason, seconds: 0 }];
    }
    const outcomes: Outcome[] = [];
    for (const way of request.ways) {
        for (const linkage of request.linkages) {
            outcomes.push(await runOnce(request, program, way, linkage));
        }
    }
    return outcomes;
}

async function main(): Promise<void> {
    const request = readRequest();
    const results = new Map<string, readonly Outcome[]>();
    openWorkshop(request.shop);
    const queue = [...request.programs];
    const work = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const outcomes = await runProgram(request, next);
            results.set(next.name, outcomes);
            const words = outcomes.map(({ state, reason }) =>
                reason === '' ? state : `${state} (${reason})`,
            );
            process.stderr.write(`${next.name}: ${words.join(', ')}\n`);
        }
    };
    await Promise.all(Array.from({ length: request.jobs }, work));
    const text = table(request.programs, results);
    process.stdout.write(text);
    if (request.out !== undefined) {
        writeFileSync(request.out, text);
    }
    const failed = [...results.values()].flat().some(({ state }) => state === 'fails');
    process.exitCode = failed ? 1 : 0;
}

await main();
