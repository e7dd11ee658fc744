// Fuzzes what reads bytes of strangers, under AddressSanitizer and UndefinedBehaviorSanitizer: the PTX
// reader, the fatbin reader, and the interpreter and the compiler of runs on random valid modules. With
// libFuzzer where there is a clang that has it (FERRY_FUZZ_CXX names one), else with g++ and the loop of
// driver.cc. Each from its corpus for 20 seconds; FERRY_FUZZ_SECONDS says otherwise. The seed is 1, so that
// no change fails for what it did not break; FERRY_FUZZ_SEED=0 draws one, to search. What a run adds to its
// corpus, and an input that fails, is kept in build/fuzz/<target>.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('.', import.meta.url));
const root = join(source, '..', '..');
const seconds = Number(process.env['FERRY_FUZZ_SECONDS'] ?? '20');
const seed = Number(process.env['FERRY_FUZZ_SEED'] ?? '1') || randomInt(1, 2 ** 31);
const timeoutMs = (seconds + 100) * 1000;

const names = ['clang++', ...[20, 19, 18, 17, 16, 15, 14].map((version) => `clang++-${String(version)}`)];
// Clang before 16 takes the header and not what is in it.
const probe = `#include <ranges>
    #include <span>
    extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
        const auto odd = [](int each) { return each % 2 != 0; };
        for (int each : std::span(data, size) | std::views::filter(odd)) if (each == 7) return 0;
        return 0;
    }`;

/** A compiler that makes a program with libFuzzer in it. */
function findLibFuzzer(): string | undefined {
    const named = process.env['FERRY_FUZZ_CXX'];
    const flags = ['-std=c++20', '-fsanitize=fuzzer,address,undefined', '-x', 'c++', '-', '-o', '/dev/null'];
    return (named === undefined ? names : [named]).find(
        (name) => spawnSync(name, flags, { input: probe }).status === 0,
    );
}

const libFuzzer = findLibFuzzer();
// A compiler cannot be changed in a folder that cmake has seen.
const build = join(root, 'build', libFuzzer === undefined ? 'fuzz' : 'fuzz-clang');

beforeAll(() => {
    const how = libFuzzer === undefined ? 'g++ and driver.cc: no clang with libFuzzer was found' : libFuzzer;
    console.warn(`the fuzz targets are built with ${how}`);
    const compiler = libFuzzer === undefined ? [] : [`-DCMAKE_CXX_COMPILER=${libFuzzer}`];
    execFileSync('cmake', ['-S', source, '-B', build, ...compiler], { stdio: 'pipe' });
    execFileSync('cmake', ['--build', build, '-j', '2'], { stdio: 'pipe' });
}, 1_200_000);

// PTX that programs of other tests load is a corpus too.
const further = new Map([['ptx', [join(root, 'test', 'guests', 'driver', 'kernels.ptx')]]]);
const options = new Map([['ptx', [`-dict=${join(source, 'ptx.dict')}`]]]);

describe('random inputs', () => {
    it.each(['ptx', 'fatbin', 'module'])(
        'of the %s target break nothing',
        (target) => {
            const cwd = join(build, target);
            const corpus = join(cwd, 'corpus');
            rmSync(corpus, { recursive: true, force: true });
            mkdirSync(cwd, { recursive: true });
            cpSync(join(source, 'corpus', target), corpus, { recursive: true });
            for (const file of further.get(target) ?? []) cpSync(file, join(corpus, basename(file)));
            const limits = [`-max_total_time=${String(seconds)}`, '-max_len=16384', '-rss_limit_mb=4000'];
            const args = [`-seed=${String(seed)}`, ...limits, ...(options.get(target) ?? []), corpus];
            const env = { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' };
            const run = spawnSync(join(build, `fuzz-${target}`), args, {
                cwd,
                env,
                encoding: 'utf8',
                timeout: timeoutMs,
                maxBuffer: 64 << 20,
            });
            expect(run.stderr.slice(-6000)).toMatch(/\d+ runs/);
            expect(run.status).toBe(0);
        },
        timeoutMs,
    );
});
