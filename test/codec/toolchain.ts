// Compiles and runs the small native programs of the codec and ABI tests. Called by codec.test.ts and
// abi.test.ts; writes only under build/codec.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type AbiHeader, readAbiHeader } from '../../proto/gen/abi-header.ts';
import { buildGlModel, type GlModel } from '../../proto/gen/gl/model.ts';
import { readGlSources } from '../../proto/gen/gl/sources.ts';
import { buildModel, type Model } from '../../proto/gen/model.ts';
import { specification } from '../../proto/spec/index.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** kWireVersion of proto/wire/record.h. */
export const wireVersion = Number(
    /kWireVersion = (\d+)/.exec(readFileSync(join(root, 'proto/wire/record.h'), 'utf8'))?.[1],
);
export const strict = ['-std=c++20', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror'];
const limitMs = 240_000;

export interface Outcome {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

function run(program: string, args: readonly string[], input?: string): Outcome {
    const limits = { timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
    const done = spawnSync(program, args, {
        cwd: root,
        encoding: 'utf8',
        ...limits,
        ...(input === undefined ? {} : { input }),
    });
    if (done.error !== undefined) throw done.error;
    return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

const compiler = process.env['CXX'] ?? 'g++';
const includes = ['-Iproto', '-Ibuild/gen', '-Itest/codec'];

type Program = 'codec' | 'codec_gl' | 'codec_planted' | 'pixels';

/**
 * Builds programs of test/codec/CMakeLists.txt in a folder below build/, one of the calling file's own: files
 * of tests run side by side. Throws what the compiler said.
 */
export function buildPrograms(folder: string, programs: readonly Program[]): void {
    const steps = [
        ['-S', 'test/codec', '-B', `build/${folder}`],
        ['--build', `build/${folder}`, '-j', '2', '--target', ...programs],
    ];
    for (const step of steps) {
        const done = run('cmake', step);
        if (done.status !== 0) throw new Error(`cmake ${step.join(' ')}:\n${done.stdout}${done.stderr}`);
    }
}

export function runProgram(folder: string, name: Program): Outcome {
    return run(join(root, 'build', folder, name), []);
}

/** Only checks a translation unit, given as text. */
export function checkSource(text: string, flags: readonly string[]): Outcome {
    return run(compiler, ['-std=c++20', '-fsyntax-only', ...flags, ...includes, '-xc++', '-'], text);
}

export function generated(path: string): string {
    return readFileSync(join(root, 'build/gen', path), 'utf8');
}

export function loadModel(): Model {
    return buildModel(specification);
}

export function loadGlModel(): GlModel {
    return buildGlModel(readGlSources(root));
}

export function loadAbiHeader(): AbiHeader {
    const folder = join(root, 'proto/cudart/abi');
    const parts = readdirSync(folder).sort();
    return readAbiHeader(parts.map((part) => readFileSync(join(folder, part), 'utf8')).join('\n'));
}

/** The include folder of a CUDA toolkit, or why there is none. */
export function findToolkit(): { readonly include: string } | { readonly reason: string } {
    const homes = [
        process.env['CUDA_HOME'],
        process.env['CUDA_PATH'],
        '/usr/local/cuda',
        '/opt/cuda',
        '/usr',
        // What `npm test` fetches where there is no toolkit.
        join(root, 'build/cuda-toolkit/nvidia/cu13'),
    ];
    const folders = homes.flatMap((home) => (home === undefined ? [] : [join(home, 'include')]));
    const headers = ['cuda.h', 'cudaProfiler.h'];
    const include = folders.find((folder) => headers.every((header) => existsSync(join(folder, header))));
    const reason = `no ${headers.join(' and ')} in ${folders.join(', ')}`;
    return include === undefined ? { reason } : { include };
}
