// Compares Ferry with direct rendering by the tests of piglit (Debian package `piglit`): runs a set directly
// as often as asked and forwarded once, on an X server and a daemon of its own, and names the tests and
// subtests that differ, but for those that the direct runs do not agree on themselves. Not part of
// `npm test`: sets take minutes. Run as: node build/js/bench/gl/piglit.js SET [--direct N] [--jobs N]
// [--slice K/N] [--out FOLDER] [--keep]; a set is a name below or a regular expression over quick_gl. With
// --keep, direct runs that the folder has already are taken as they are.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { glPlaces, guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { startPrivateDaemon } from '../../host-daemon/src/cli/private-daemon.ts';
import { places } from '../../host-daemon/src/config/places.ts';
import { plainEnvironment } from '../run/host.ts';
import { startXServer } from './x-server.ts';

const objects =
    'arb_(buffer_storage|clear_buffer|compute_shader|copy_(buffer|image)|debug|direct_state|' +
    'draw_(?!buffers)|framebuffer_(object|no_)|map_buffer|multi_draw|occlusion|pipeline_stat|' +
    'pixel_buffer|program_interface|' +
    'query|sampler_obj|shader_storage|sync|texture_(buffer|storage)|timer|transform_feedback|' +
    'uniform_buffer|vertex_(array|buffer)_object)|ext_framebuffer_(object|blit)|ext_transform_feedback2|' +
    'khr_debug';

interface PiglitSet {
    readonly profile: string;
    readonly include: readonly string[];
    readonly exclude: readonly string[];
}

const sets = new Map<string, PiglitSet>([
    ['sanity', { profile: 'sanity', include: [], exclude: [] }],
    [
        'objects',
        {
            profile: 'quick_gl',
            include: [`^spec@(${objects})`],
            // Takes minutes of a software GL; depends on the machine's load.
            exclude: ['local-id-explosion', 'gl_timestamp'],
        },
    ],
    [
        'windows',
        { profile: 'quick_gl', include: ['^glx@', 'spec@egl', 'opengl es', 'oes_'], exclude: [] },
    ],
]);

interface TestResult {
    readonly result: string;
    readonly subtests: Readonly<Record<string, string>>;
    readonly out: string;
    readonly err: string;
}

/** Outcome by test, and by `test / subtest`. */
type Outcomes = Map<string, string>;

interface Run {
    readonly outcomes: Outcomes;
    readonly tests: Readonly<Record<string, TestResult>>;
}

function readRun(folder: string): Run {
    const file = join(folder, 'results.json');
    const { tests } = JSON.parse(readFileSync(file, 'utf8')) as { tests: Record<string, TestResult> };
    const outcomes: Outcomes = new Map();
    for (const [name, test] of Object.entries(tests)) {
        outcomes.set(name, test.result);
        for (const [part, result] of Object.entries(test.subtests)) {
            outcomes.set(`${name} / ${part}`, result);
        }
    }
    return { outcomes, tests };
}

/** Standard output of a program that has to succeed. */
function runProgram(program: string, words: readonly string[], env: Record<string, string>): Promise<string> {
    return new Promise((done, reject) => {
        const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
        child.on('error', reject);
        child.on('close', (code) =>
            code === 0 ? done(output) : reject(new Error(`${program} ended with ${code}`)),
        );
    });
}

/** Regular expressions for the K-th of N parts of a set; all of it without a slice. */
async function filters(set: PiglitSet, slice: string | undefined, env: Record<string, string>) {
    const words = [
        ...set.include.flatMap((pattern) => ['-t', pattern]),
        ...set.exclude.flatMap((pattern) => ['-x', pattern]),
    ];
    if (slice === undefined) {
        return words;
    }
    const [part = 1, parts = 1] = slice.split('/').map(Number);
    const listed = await runProgram(
        'piglit',
        ['print-cmd', '--format', '{name}', ...words, set.profile],
        env,
    );
    const names = listed.split('\n').filter((line) => line.includes('@'));
    const mine = names.sort().filter((_, index) => index % parts === part - 1);
    const escaped = mine.map((name) => name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return ['-t', `^(${escaped.join('|')})$`];
}

function report(direct: readonly Run[], forwarded: Run): number {
    const [first = forwarded] = direct;
    const counts = new Map<string, number>();
    for (const name of Object.keys(forwarded.tests)) {
        const result = forwarded.outcomes.get(name) ?? '';
        counts.set(result, (counts.get(result) ?? 0) + 1);
    }
    let flips = 0;
    const differing: string[] = [];
    for (const [name, expected] of first.outcomes) {
        if (direct.some((run) => run.outcomes.get(name) !== expected)) {
            flips += 1;
            continue;
        }
        const actual = forwarded.outcomes.get(name) ?? 'absent';
        if (actual !== expected) {
            differing.push(`${expected} -> ${actual}: ${name}`);
        }
    }
    const tests = Object.keys(first.tests).length;
    const differ = differing.filter((line) => !line.includes(' / ')).length;
    process.stdout.write(`${differing.sort().join('\n')}\n`);
    process.stdout.write(
        `${tests} tests, ${first.outcomes.size - tests} subtests; ${flips} flip directly; ` +
            `${differ} tests and ${differing.length - differ} subtests differ\n` +
            `forwarded: ${[...counts].map(([result, count]) => `${count} ${result}`).join(', ')}\n`,
    );
    return differing.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            direct: { type: 'string', default: '3' },
            jobs: { type: 'string', default: '2' },
            slice: { type: 'string' },
            out: { type: 'string', default: 'out/piglit' },
            keep: { type: 'boolean', default: false },
        },
    });
    const [name = 'sanity'] = positionals;
    const set = sets.get(name) ?? { profile: 'quick_gl', include: [name], exclude: [] };
    const gl = glPlaces('vendor');
    if (gl === undefined || !existsSync('/usr/bin/piglit')) {
        process.stdout.write('this build has no libraries for OpenGL, or piglit is not installed\n');
        return 2;
    }
    const out = resolve(values.out);
    mkdirSync(out, { recursive: true });
    const server = await startXServer('1280x1024x24');
    const daemon = await startPrivateDaemon(['--device', 'null'], plainEnvironment());
    // What would be skipped fast is asked of a program that Debian's package does not bring.
    const settings = { PIGLIT_COMPRESSION: 'none', PIGLIT_NO_FAST_SKIP: '1' };
    const env = { ...plainEnvironment(), ...settings, DISPLAY: server.display };
    const { endpoint } = daemon;
    const guest = guestEnvironment(env, { shim: places.shim, links: places.shimLinks, endpoint, gl });
    try {
        const chosen = await filters(set, values.slice, env);
        const options = ['run', '-o', '-p', 'glx', '-j', values.jobs, '--timeout', '60', ...chosen];
        const run = async (label: string, where: Record<string, string>): Promise<Run> => {
            const folder = join(out, label);
            await runProgram('piglit', [...options, set.profile, folder], where);
            return readRun(folder);
        };
        const direct: Run[] = [];
        for (let turn = 0; turn < Number(values.direct); turn += 1) {
            const label = `direct-${turn}`;
            const isThere = values.keep && existsSync(join(out, label, 'results.json'));
            direct.push(isThere ? readRun(join(out, label)) : await run(label, env));
        }
        return report(direct, await run('ferry', guest));
    } finally {
        server.stop();
        await daemon.stop();
    }
}

process.exitCode = await main();
