// `npm run gen` and `npm run gen -- --check`: writes every output, or says which committed ones are stale.
// `npm run gen -- --import-gl` first writes the tables of OpenGL anew, from the registries of this machine.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { specification } from '../spec/index.ts';
import { type AbiHeader, readAbiHeader } from './abi-header.ts';
import { writeTables } from './gl/import-tables.ts';
import { buildGlModel } from './gl/model.ts';
import { readGlSources } from './gl/sources.ts';
import { validateGl } from './gl/validate.ts';
import { buildModel } from './model.ts';
import { emitAll, type Output } from './outputs.ts';
import { validate } from './validate.ts';

/** Compiled to build/js/proto/gen/main.js, four levels below the root. */
const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');

function current(path: string): string | undefined {
    try {
        return readFileSync(join(root, path), 'utf8');
    } catch {
        return undefined;
    }
}

function write(output: Output): void {
    const path = join(root, output.path);
    // An unchanged file keeps its time, so that nothing is compiled again for nothing.
    if (current(output.path) === output.text) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, output.text);
}

function wireVersion(): number {
    const found = /kWireVersion = (\d+)/.exec(current('proto/wire/record.h') ?? '');
    if (found === null) throw new Error('proto/wire/record.h: expected a line with kWireVersion');
    return Number(found[1]);
}

function abiHeader(): AbiHeader {
    const folder = join(root, 'proto/cudart/abi');
    const parts = readdirSync(folder).sort();
    return readAbiHeader(parts.map((part) => readFileSync(join(folder, part), 'utf8')).join('\n'));
}

function run(check: boolean): number {
    const model = buildModel(specification);
    const abi = abiHeader();
    const gl = buildGlModel(readGlSources(root));
    const problems = [
        ...validate(model, abi, current('proto/wire/handle.h') ?? ''),
        ...validateGl(gl, current('proto/gl/sizes.h') ?? ''),
    ];
    for (const problem of problems) process.stderr.write(`proto/spec: ${problem}\n`);
    if (problems.length > 0) return 1;
    const outputs = emitAll(model, gl, { wireVersion: wireVersion(), abi });
    if (!check) {
        outputs.forEach(write);
        return 0;
    }
    const stale = outputs.filter((output) => output.committed && current(output.path) !== output.text);
    for (const output of stale) process.stderr.write(`${output.path} is stale: run npm run gen\n`);
    return stale.length === 0 ? 0 : 1;
}

if (process.argv.includes('--import-gl')) writeTables(root);
process.exitCode = run(process.argv.includes('--check'));
