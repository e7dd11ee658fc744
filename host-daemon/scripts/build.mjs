// `npm run build [-- stage...]`: builds everything into build/, only what changed. Stages in order: tsc,
// gen, guest, soft, native; bench, the benchmarks' own programs, only when it is named. Also called by the
// test, demo and bench drivers. It writes nowhere but build/ and what gen commits.
import {
    copyFileSync,
    existsSync,
    mkdirSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureSetUp } from './setup.mjs';
import { localTool, root, runMain, say, step, StepError } from './steps.mjs';

const jobCount = String(Math.max(1, availableParallelism()));

function newestMtimeMs(folder) {
    const path = join(root, folder);
    const times = existsSync(path) ? readdirSync(path).map((name) => statSync(join(path, name)).mtimeMs) : [];
    return Math.max(0, ...times);
}

function compileTypeScript(name) {
    return step(name, process.execPath, [localTool('typescript/bin/tsc'), '-p', 'tsconfig.json']);
}

// The generator is TypeScript and emits TypeScript for the daemon, hence a second compile when its output
// changed.
async function generate() {
    const before = newestMtimeMs('host-daemon/src/generated');
    await step('gen', process.execPath, [join(root, 'build/js/proto/gen/main.js')]);
    if (newestMtimeMs('host-daemon/src/generated') !== before) {
        await compileTypeScript('tsc-again');
    }
}

async function buildWithCmake(name, source, product) {
    const out = join('build', name);
    if (!existsSync(join(root, out, 'CMakeCache.txt'))) {
        await step(`${name}-configure`, 'cmake', ['-S', source, '-B', out, '-DCMAKE_BUILD_TYPE=Release']);
    }
    await step(name, 'cmake', ['--build', out, '--parallel', jobCount]);
    if (!existsSync(join(root, product))) {
        throw new StepError(`${name}: the build succeeded but ${product} is not there`);
    }
}

// A program looks for a library by names that must lead to ours, in a folder that holds nothing else,
// because that folder goes to the front of LD_LIBRARY_PATH.
function linkAs(folder, library, names) {
    const links = join(root, folder);
    mkdirSync(links, { recursive: true });
    // Links that are there stay: a guest may be looking through them right now.
    for (const link of names.map((name) => join(links, name))) {
        if (!existsSync(link)) {
            rmSync(link, { force: true });
            symlinkSync(join('..', library), link);
        }
    }
}

// What tells libglvnd's libEGL of our library. The name has no folder, so that the build may be moved: the
// library path of guests leads to it.
function writeEglVendor() {
    const said = { file_format_version: '1.0.0', ICD: { library_path: 'libEGL_ferry.so.0' } };
    writeFileSync(join(root, 'build/guest/ferry-egl.json'), `${JSON.stringify(said, null, 4)}\n`);
}

const cudaNames = ['libcuda.so', 'libcuda.so.1'];

async function buildGuest() {
    await buildWithCmake('guest', 'guest-shim', 'build/guest/libferry.so');
    linkAs('build/guest/links', 'libferry.so', cudaNames);
    // Without X's headers there are none.
    if (existsSync(join(root, 'build/guest/libferry-gl.so'))) {
        linkAs('build/guest/links', 'libferry-gl.so', ['libGLX_ferry.so.0', 'libEGL_ferry.so.0']);
        writeEglVendor();
        const names = [
            ...['libGL.so.1', 'libGL.so', 'libGLX.so.0', 'libGLX.so', 'libOpenGL.so.0', 'libOpenGL.so'],
            ...['libEGL.so.1', 'libEGL.so', 'libGLESv2.so.2', 'libGLESv2.so'],
        ];
        linkAs('build/guest/gl-links', 'libferry-gl-preload.so', names);
    } else {
        say('OpenGL is not forwarded by this build: see "not built" in its log');
    }
}

async function buildSoft() {
    await buildWithCmake('soft', 'native/src/soft', 'build/soft/libcuda-soft.so');
    linkAs('build/soft/links', 'libcuda-soft.so', cudaNames);
}

async function buildNative() {
    const tool = localTool('cmake-js/bin/cmake-js');
    const args = ['compile', '-d', 'native', '-O', join(root, 'build/native'), '-p', jobCount];
    await step('native', process.execPath, [tool, ...args]);
    const built = join(root, 'build/native/Release/ferry.node');
    if (!existsSync(built)) {
        throw new StepError('native: the build succeeded but build/native/Release/ferry.node is not there');
    }
    // Renamed into place: a running worker has the old file mapped, and writing into it would crash that
    // worker.
    const product = join(root, 'build/native/ferry.node');
    copyFileSync(built, `${product}.new`);
    renameSync(`${product}.new`, product);
}

const stages = new Map([
    ['tsc', () => compileTypeScript('tsc')],
    ['gen', generate],
    ['guest', buildGuest],
    ['soft', buildSoft],
    ['native', buildNative],
    ['bench', () => buildWithCmake('bench', 'bench', 'build/bench/ferry-bench-guest')],
]);

/** What a build without names builds. */
export const usualStages = [...stages.keys()].filter((name) => name !== 'bench');

/** Builds the named stages, by default the usual ones. */
export async function build(names = usualStages) {
    const unknown = names.find((name) => !stages.has(name));
    if (unknown !== undefined) {
        throw new StepError(`stage: expected one of ${[...stages.keys()].join(', ')}, got ${unknown}`);
    }
    await ensureSetUp();
    say(`building ${names.join(', ')}`);
    for (const name of names) {
        await stages.get(name)();
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await runMain(() => build(process.argv.length > 2 ? process.argv.slice(2) : undefined));
}
