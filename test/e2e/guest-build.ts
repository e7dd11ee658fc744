// Builds the guest programs into build/guests, two at a time, and only what changed: a product's name ends in
// a hash of everything it is made from. Without nvcc, and when PyPI does not give one, the runtime-API
// programs are left out aloud.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    realpathSync,
    renameSync,
    rmSync,
    symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

import { findNvcc } from '../../host-daemon/scripts/toolkit.mjs';
import { installRoot } from '../../host-daemon/src/config/places.ts';
import { withLock } from './build-lock.ts';
import { driverGuests, runtimeGuests, type RuntimeGuest } from './guest-list.ts';

const sources = join(installRoot, 'test', 'guests');
const products = join(installRoot, 'build', 'guests');
const jobs = 2;
const compileLimitMs = 300_000;
const run = promisify(execFile);

export type Linkage = 'static' | 'shared';

export interface Guests {
    /** Null where there is no nvcc: the runtime-API tests skip. */
    readonly nvcc: string | null;
    /** Path of a built program; `variant`: a linkage, 'newer' (compute_80, static) or 'sass' (no PTX). */
    runtime(name: string, variant: Linkage | 'newer' | 'sass'): string;
    driver(name: string): string;
    /** A file that holds a compressed fat binary of kernels.ptx; null without nvcc. */
    readonly fatbin: string | null;
}

interface Step {
    readonly command: string;
    readonly args: readonly string[];
}

/** A product, what it depends on, and the steps that make it at the path they are given. */
interface Recipe {
    readonly key: string;
    readonly inputs: readonly string[];
    steps(product: string): readonly Step[];
}

function read(path: string): string {
    return readFileSync(join(sources, path), 'utf8');
}

function pathOf(recipe: Recipe): string {
    const steps = JSON.stringify(recipe.steps('$'));
    const hash = createHash('sha256').update(steps);
    recipe.inputs.forEach((input) => hash.update('\0').update(input));
    return join(products, `${recipe.key}-${hash.digest('hex').slice(0, 12)}`);
}

async function make(recipe: Recipe): Promise<void> {
    const product = pathOf(recipe);
    if (existsSync(product)) {
        return;
    }
    const stale = readdirSync(products).filter((name) => name.slice(0, -13) === recipe.key);
    stale.forEach((name) => rmSync(join(products, name), { force: true }));
    const unfinished = `${product}.new`;
    for (const { command, args } of recipe.steps(unfinished)) {
        await run(command, [...args], { cwd: sources, timeout: compileLimitMs, maxBuffer: 2 ** 26 });
    }
    renameSync(unfinished, product);
}

async function makeAll(recipes: readonly Recipe[]): Promise<void> {
    const queue = [...recipes];
    const worker = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            await make(next);
        }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
}

function toolkitLibraries(nvcc: string): string {
    const folder = dirname(dirname(realpathSync(nvcc)));
    const candidates = [join(folder, 'lib64'), join(folder, 'lib')];
    return candidates.find((path) => existsSync(join(path, 'libcudart.so.13'))) ?? join(folder, 'lib64');
}

const architectures = {
    usual: [],
    newer: ['-gencode', 'arch=compute_80,code=compute_80'],
    sass: ['-gencode', 'arch=compute_75,code=sm_75'],
} as const;

function runtimeRecipe(guest: RuntimeGuest, nvcc: Nvcc, variant: Linkage | 'newer' | 'sass'): Recipe {
    const units = [guest.name, ...(guest.units ?? [])].map((unit) => `cuda/${unit}.cu`);
    const linkage = variant === 'shared' ? 'shared' : 'static';
    const architecture = architectures[variant === 'newer' || variant === 'sass' ? variant : 'usual'];
    const rpath = ['-Xlinker', '-rpath', '-Xlinker', toolkitLibraries(nvcc.path)];
    const flags = ['-std=c++17', '-O2', '-cudart', linkage, ...architecture, ...(guest.compileFlags ?? [])];
    return {
        key: `${guest.name}-${variant}`,
        inputs: [nvcc.version, read('common.h'), ...units.map(read)],
        steps: (product) => [
            {
                command: nvcc.path,
                args: [...flags, ...(linkage === 'shared' ? rpath : []), '-o', product, ...units],
            },
        ],
    };
}

const driverInputs = ['common.h', 'driver/driver.h', 'driver/calls.inc', 'driver/kernels.ptx'];
const stubFolder = join(products, 'stub');
const cFlags = ['-std=c++20', '-O1', '-I', '../../proto', '-Wa,-Idriver'];

function driverRecipe(name: string): Recipe {
    const source = `driver/${name}.cc`;
    const link = ['-L', relative(sources, stubFolder), '-l:libcuda.so.1', '-lpthread', '-ldl'];
    return {
        key: `driver-${name}`,
        inputs: [source, ...driverInputs].map(read),
        steps: (product) => [{ command: 'c++', args: [...cFlags, '-o', product, source, ...link] }],
    };
}

// Linked against, never run on: the name libcuda.so.1 and the symbols.
async function makeStub(): Promise<void> {
    mkdirSync(stubFolder, { recursive: true });
    const flags = [
        '-shared',
        '-fPIC',
        '-w',
        '-Wl,-soname,libcuda.so.1',
        '-o',
        join(stubFolder, 'libcuda.so.1'),
    ];
    await run('c++', [...cFlags, ...flags, 'driver/stub_library.cc'], {
        cwd: sources,
        timeout: compileLimitMs,
    });
}

function fatbinRecipe(nvcc: Nvcc): Recipe {
    const args = (product: string) => [
        '-fatbin',
        ...architectures.newer,
        '-o',
        product,
        'driver/kernels.ptx',
    ];
    return {
        key: 'kernels-fatbin',
        inputs: [nvcc.version, read('driver/kernels.ptx')],
        steps: (product) => [{ command: nvcc.path, args: args(product) }],
    };
}

interface Nvcc {
    readonly path: string;
    readonly version: string;
}

async function describeNvcc(): Promise<Nvcc | null> {
    const { path, reason } = await findNvcc();
    if (path === undefined) {
        process.stdout.write(`SKIPPED the guests of the runtime API: ${reason}\n`);
        return null;
    }
    return { path, version: (await run(path, ['--version'])).stdout };
}

function checkNoneForgotten(): void {
    const known = new Set(
        runtimeGuests.flatMap(({ name, units }) => [name, ...(units ?? [])]).map((name) => `${name}.cu`),
    );
    driverGuests.forEach(({ name }) => known.add(`${name}.cc`));
    known.add('stub_library.cc');
    const present = [...readdirSync(join(sources, 'cuda')), ...readdirSync(join(sources, 'driver'))];
    const forgotten = present.filter((name) => /\.(cu|cc)$/.test(name) && !known.has(name));
    if (forgotten.length > 0) {
        throw new Error(`guests: expected every program in guest-list.ts, got also ${forgotten.join(', ')}`);
    }
}

function recipesFor(nvcc: Nvcc | null): readonly Recipe[] {
    const driver = driverGuests.map(({ name }) => driverRecipe(name));
    if (nvcc === null) {
        return driver;
    }
    const runtime = runtimeGuests.flatMap((guest) => {
        const variants: readonly (Linkage | 'newer' | 'sass')[] = [
            'static',
            'shared',
            ...(guest.newer === true ? (['newer'] as const) : []),
            ...(guest.name === 'vector_add' ? (['sass'] as const) : []),
        ];
        return variants.map((variant) => runtimeRecipe(guest, nvcc, variant));
    });
    return [...driver, ...runtime, fatbinRecipe(nvcc)];
}

/** Builds what is missing; quick when nothing is. */
export async function buildGuests(): Promise<Guests> {
    checkNoneForgotten();
    mkdirSync(products, { recursive: true });
    const { nvcc, recipes } = await withLock(join(products, 'lock'), async () => {
        const found = await describeNvcc();
        await makeStub();
        const wanted = recipesFor(found);
        await makeAll(wanted);
        return { nvcc: found, recipes: wanted };
    });
    const paths = new Map(recipes.map((recipe) => [recipe.key, pathOf(recipe)]));
    const find = (key: string) => {
        const path = paths.get(key);
        if (path === undefined) {
            throw new Error(`guest: expected one that is built, got ${key}`);
        }
        return path;
    };
    return {
        nvcc: nvcc?.path ?? null,
        runtime: (name, variant) => find(`${name}-${variant}`),
        driver: (name) => find(`driver-${name}`),
        fatbin: nvcc === null ? null : find('kernels-fatbin'),
    };
}

/** A folder whose libcuda.so.1 is `library`, for LD_LIBRARY_PATH. */
export function linkFolder(name: string, library: string): string {
    const folder = join(products, 'links', name);
    mkdirSync(folder, { recursive: true });
    for (const link of ['libcuda.so', 'libcuda.so.1']) {
        const path = join(folder, link);
        // Made anew by every test process: replaced in one step, because another one may be loading through
        // it.
        const fresh = `${path}.${process.pid}`;
        rmSync(fresh, { force: true });
        symlinkSync(library, fresh);
        renameSync(fresh, path);
    }
    return folder;
}
