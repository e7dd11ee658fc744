// Takes programs out of snapshots and builds them outside the repository: every source once, linked with the
// static and with the shared CUDA runtime.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { places } from '../../host-daemon/src/config/places.ts';
import type { Program, Suite } from './program.ts';

const run = promisify(execFile);
const compileLimitMs = 600_000;
const buffer = 2 ** 27;
// Documents of the samples: partial clones lack them.
const documents = ':(exclude)*/doc/*';

export type Linkage = 'static' | 'shared';

export interface Workshop {
    readonly nvcc: string;
    /** Snapshots as the caller named them: folders, or git repositories of which the head is taken. */
    readonly trees: ReadonlyMap<Suite, string>;
    /** Where sources and binaries go. */
    readonly folder: string;
    /** Architecture options of nvcc. */
    readonly architecture: readonly string[];
}

/** What was taken out of the repository for a program, with the repository's own paths. */
export function repositoryFolder(shop: Workshop, program: Program): string {
    return join(shop.folder, ...program.name.split('/'));
}

/** A program's sources in the workshop: also the folder it is started in. */
export function sourceFolder(shop: Workshop, program: Program): string {
    return join(repositoryFolder(shop, program), program.folder);
}

function includeFlags(shop: Workshop, program: Program): readonly string[] {
    return program.includes.map((path) => `-I${join(repositoryFolder(shop, program), path)}`);
}

export function binary(shop: Workshop, program: Program, linkage: Linkage): string {
    return join(sourceFolder(shop, program), `${basename(program.name)}.${linkage}`);
}

/** Builds what is not built yet; throws with the compiler's first error. */
export async function build(shop: Workshop, program: Program): Promise<void> {
    if (existsSync(binary(shop, program, 'shared'))) {
        return;
    }
    const tree = shop.trees.get(program.suite);
    if (tree === undefined) {
        throw new Error(`no snapshot of ${program.suite} was named`);
    }
    await takeOut(shop, program, tree);
    reduceSizes(shop, program);
    const objects = await Promise.all(program.sources.map((source) => compile(shop, program, source)));
    if (program.fatbin !== null) {
        const [kernel, product] = program.fatbin;
        await nvcc(shop, program, [...includeFlags(shop, program), '-fatbin', '-o', product, kernel]);
    }
    const libraries = driverFolder(shop);
    const runtime = join(dirname(dirname(shop.nvcc)), 'lib64');
    for (const linkage of ['static', 'shared'] as const) {
        const rpath = linkage === 'shared' ? ['-Xlinker', '-rpath', '-Xlinker', runtime] : [];
        const options = ['-cudart', linkage, ...rpath, `-L${libraries}`, ...linkFlags(program)];
        await nvcc(shop, program, ['-o', binary(shop, program, linkage), ...objects, ...options]);
    }
}

async function compile(shop: Workshop, program: Program, source: string): Promise<string> {
    const object = join(sourceFolder(shop, program), `${basename(program.name)}.${basename(source)}.o`);
    const include = includeFlags(shop, program);
    const flags = program.flags.filter((flag) => !flag.startsWith('-l'));
    await nvcc(shop, program, [...include, ...flags, '-c', '-o', object, source]);
    return object;
}

function linkFlags(program: Program): readonly string[] {
    return program.flags.filter((flag) => /^-l|^-rdc|^-Xcompiler/.test(flag));
}

async function nvcc(shop: Workshop, program: Program, args: readonly string[]): Promise<void> {
    const all = ['-w', '-O2', '-Wno-deprecated-gpu-targets', ...shop.architecture, ...args];
    const cwd = sourceFolder(shop, program);
    try {
        await run('nice', ['-n', '10', shop.nvcc, ...all], {
            cwd,
            timeout: compileLimitMs,
            maxBuffer: buffer,
        });
    } catch (error) {
        const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
        const line = text.split('\n').find((part) => /error|undefined|fatal/i.test(part)) ?? text;
        throw new Error(line.replaceAll(`${shop.folder}/`, '').slice(0, 200));
    }
}

/** Copies what a program needs out of its snapshot. */
async function takeOut(shop: Workshop, program: Program, tree: string): Promise<void> {
    const target = repositoryFolder(shop, program);
    mkdirSync(target, { recursive: true });
    const paths = [program.folder, ...program.needs];
    if (existsSync(join(tree, 'objects')) || existsSync(join(tree, '.git'))) {
        const archive = join(target, `${basename(program.name)}.tar`);
        const git = [
            '-C',
            tree,
            '-c',
            'safe.directory=*',
            'archive',
            '-o',
            archive,
            'HEAD',
            '--',
            ...paths,
            documents,
        ];
        await run('git', git, { maxBuffer: buffer });
        await run('tar', ['-xf', archive, '-C', target]);
        return;
    }
    for (const path of paths) {
        cpSync(join(tree, path), join(target, path), { recursive: true });
    }
}

function reduceSizes(shop: Workshop, program: Program): void {
    for (const [file, pattern, replacement] of program.sizes) {
        const path = join(sourceFolder(shop, program), file);
        const before = readFileSync(path, 'utf8');
        const after = before.replaceAll(pattern, replacement);
        if (after === before) {
            throw new Error(`${file} has no ${String(pattern)}`);
        }
        writeFileSync(path, after);
    }
}

/** The folder that holds the software device under the names that programs link with and load. */
export const driverFolder = (shop: Workshop): string => join(shop.folder, 'driver');

/** Makes the workshop's folders. */
export function openWorkshop(shop: Workshop): void {
    rmSync(driverFolder(shop), { recursive: true, force: true });
    mkdirSync(driverFolder(shop), { recursive: true });
    for (const name of ['libcuda.so', 'libcuda.so.1']) {
        symlinkSync(places.softwareDriver, join(driverFolder(shop), name));
    }
}
