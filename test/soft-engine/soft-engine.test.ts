// The PTX engine alone, tested in C++ (see main.cc): built with cmake into build/soft-engine, given PTX that
// nvcc makes of kernels/*.cu where there is an nvcc (NVCC names it), and run once for each instruction set.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

import { readCases } from './zluda.ts';

const source = fileURLToPath(new URL('.', import.meta.url));
const build = join(source, '..', '..', 'build', 'soft-engine');
const compiledPath = join(build, 'ptx');
const timeoutMs = 180_000;

function nvccPath(): string | undefined {
    const named = process.env['NVCC'];
    return [named, '/usr/local/cuda/bin/nvcc'].find((path) => path !== undefined && existsSync(path));
}

function compileKernels(nvcc: string): void {
    mkdirSync(compiledPath, { recursive: true });
    const kernels = join(source, 'kernels');
    for (const file of readdirSync(kernels)) {
        const target = join(compiledPath, file.replace('.cu', '.ptx'));
        const changed = statSync(join(kernels, file)).mtimeMs;
        if (existsSync(target) && statSync(target).mtimeMs > changed) continue;
        // Relative, because the file's name is part of an assertion's text.
        execFileSync(nvcc, ['-ptx', join('kernels', file), '-o', target], { cwd: source, stdio: 'pipe' });
    }
}

let compiledFolder = '';

beforeAll(() => {
    execFileSync('cmake', ['-S', source, '-B', build], { stdio: 'pipe' });
    execFileSync('cmake', ['--build', build, '-j', '2'], { stdio: 'pipe' });
    const nvcc = nvccPath();
    if (nvcc === undefined) {
        const reason = process.env['FERRY_NO_NVCC'] ?? 'there is no nvcc';
        console.warn(`SKIPPED the programs that nvcc compiles for the PTX engine: ${reason}`);
        return;
    }
    compileKernels(nvcc);
    compiledFolder = compiledPath;
}, 1_200_000);

// How many instructions in a row are worth compiling: 2 unless said, 0 for none, 1 for every one by itself.
describe.each([
    { instructionSet: 'base', compiled: 2 },
    { instructionSet: 'avx2', compiled: 0 },
    { instructionSet: 'avx2', compiled: 1 },
    { instructionSet: 'avx2', compiled: 2 },
    { instructionSet: 'avx512', compiled: 0 },
    { instructionSet: 'avx512', compiled: 2 },
])('the PTX engine on $instructionSet, compiling from $compiled on', ({ instructionSet, compiled }) => {
    it(
        'runs programs as CUDA would and survives their mistakes',
        () => {
            const sets = { FERRY_SOFT_ISA: instructionSet, FERRY_SOFT_COMPILE: String(compiled) };
            const env = { ...process.env, ...sets };
            const options = { encoding: 'utf8', timeout: timeoutMs, env } as const;
            const run = spawnSync(join(build, 'soft-engine'), [source, compiledFolder], options);
            expect(`${run.stdout}${run.stderr}`).toContain(' 0 failures');
            expect(run.status).toBe(0);
        },
        timeoutMs,
    );
});

// Somebody else's tests: 182 kernels with expected outputs, equal bit for bit.
describe("ZLUDA's PTX tests", () => {
    const folder = process.env['ZLUDA_PTX_DIR'];
    it('all give what they expect', (context) => {
        if (folder === undefined) {
            console.warn(
                "SKIPPED ZLUDA's PTX tests: ZLUDA_PTX_DIR does not name their ptx/src/test/spirv_run",
            );
            context.skip();
            return;
        }
        const cases = readCases(folder);
        const list = join(build, 'zluda-cases');
        const lines = cases.map(({ file, name, threads, input, output }) =>
            [file, name, String(threads), input, output].join(' '),
        );
        writeFileSync(list, `${lines.join('\n')}\n`);
        const options = { encoding: 'utf8', timeout: timeoutMs } as const;
        const run = spawnSync(join(build, 'soft-engine'), [source, '', 'cases', list], options);
        expect(`${run.stdout}${run.stderr}`).toContain(`${String(cases.length)} equal, 0 wrong`);
        expect(cases.length).toBeGreaterThanOrEqual(182);
    });
});
