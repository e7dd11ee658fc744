// For programs without a check of their own: builds a CPU version with the C++ compiler, either the one that
// the program's suite has or the program's own source by `host-kernels.h`, and compares what the two say.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { installRoot } from '../../host-daemon/src/config/places.ts';
import { repositoryFolder, type Workshop } from './build.ts';
import { start } from './judge.ts';
import type { Program, Reference } from './program.ts';

const run = promisify(execFile);
const answers = new Map<string, Promise<string>>();

const launch = /(?<kernel>\w+(?:\s*<[^<>;()]*>)?)\s*<<\s*<\s*(?<shape>[^;]*?)>>\s*>\s*\(/g;
const called = '(host::Launch($<shape>) ->* [](auto... a) { $<kernel>(a...); })(';
const dynamicShared = /extern\s+__shared__\s+(?<type>\w+)\s+(?<name>\w+)\[\]/g;
const buffer = '$<type> *$<name> = ($<type> *)host::dynamic_shared';

/** Where the reference is compiled and started; the program's own source is a copy with launches as calls. */
function referenceFolder(shop: Workshop, program: Program, { folder }: Reference): string {
    const repository = repositoryFolder(shop, program);
    if (folder !== null) {
        return join(repository, folder);
    }
    const copy = `${join(repository, program.folder)}.host`;
    cpSync(join(repository, program.folder), copy, { recursive: true });
    for (const name of readdirSync(copy).filter((file) => /\.(?:cuh?|h)$/.test(file))) {
        const text = readFileSync(join(copy, name), 'utf8');
        writeFileSync(join(copy, name), text.replaceAll(launch, called).replaceAll(dynamicShared, buffer));
    }
    return copy;
}

/** Compiles the reference and runs it once. */
async function ask(shop: Workshop, program: Program, reference: Reference, limitMs: number): Promise<string> {
    const cwd = referenceFolder(shop, program, reference);
    const out = join(cwd, `${basename(program.name)}.reference`);
    const toolkit = join(dirname(dirname(shop.nvcc)), 'include');
    const include = [toolkit, ...program.includes.map((path) => join(repositoryFolder(shop, program), path))];
    const ours = join(installRoot, 'test', 'programs', 'host-kernels.h');
    const flags = [
        ...(reference.folder === null ? ['-include', ours, '-x', 'c++'] : []),
        ...program.flags.filter((flag) => flag.startsWith('-D')),
        ...include.map((path) => `-I${path}`),
        ...reference.flags,
    ];
    if (!existsSync(out)) {
        const fixed = ['-std=c++20', '-O2', '-w', '-fwrapv', '-ffp-contract=off', '-o', out];
        await run('g++', [...fixed, ...flags, ...reference.sources], { cwd, maxBuffer: 2 ** 24 });
    }
    const args = reference.args ?? program.runs[0]?.args ?? [];
    const ended = await start([out, ...args], cwd, process.env, limitMs);
    if (ended.status !== 0) {
        throw new Error(`the reference on the CPU ended with ${String(ended.status)}`);
    }
    return ended.text + written(cwd, reference);
}

/** The output file's text where the answer is in one; `cwd` is where the program was started. */
export function written(cwd: string, { file }: Reference): string {
    return file === null ? '' : readFileSync(join(cwd, file), 'utf8');
}

function numbers(text: string, pattern: RegExp): readonly number[] {
    return [...text.matchAll(pattern)].map(([, group]) => Number(group));
}

/** Null when a run's text agrees with the reference, else the reason why it does not. */
export async function compare(
    shop: Workshop,
    program: Program,
    reference: Reference,
    text: string,
    limitMs: number,
): Promise<string | null> {
    const answer = answers.get(program.name) ?? ask(shop, program, reference, limitMs);
    answers.set(program.name, answer);
    try {
        const theirs = numbers(await answer, reference.numbers);
        return difference(numbers(text, reference.numbers), theirs, reference.within);
    } catch (error) {
        return `no reference: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`;
    }
}

function difference(ours: readonly number[], theirs: readonly number[], within: number): string | null {
    if (ours.length === 0 || ours.length !== theirs.length) {
        return `says ${String(ours.length)} numbers, the reference ${String(theirs.length)}`;
    }
    for (const [index, wanted] of theirs.entries()) {
        const found = ours[index] ?? Number.NaN;
        if (!(Math.abs(found - wanted) <= within * Math.max(1, Math.abs(wanted)))) {
            return `number ${String(index)} is ${String(found)}, the reference says ${String(wanted)}`;
        }
    }
    return null;
}
