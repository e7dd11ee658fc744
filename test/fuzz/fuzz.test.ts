// Fuzzes what reads bytes of strangers, under AddressSanitizer and UndefinedBehaviorSanitizer: the PTX
// reader, the fatbin reader, and the interpreter on random valid modules. Each from its corpus for a quarter
// of a minute; FERRY_FUZZ_SECONDS says otherwise. An input that fails is kept in build/fuzz/<target>.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('.', import.meta.url));
const root = join(source, '..', '..');
const build = join(root, 'build', 'fuzz');
const seconds = Number(process.env['FERRY_FUZZ_SECONDS'] ?? '15');
const timeoutMs = (seconds + 60) * 1000;

beforeAll(() => {
    execFileSync('cmake', ['-S', source, '-B', build], { stdio: 'pipe' });
    execFileSync('cmake', ['--build', build, '-j', '2'], { stdio: 'pipe' });
}, 1_200_000);

// PTX that programs of other tests load is a corpus too.
const further = new Map([['ptx', [join(root, 'test', 'guests', 'driver', 'kernels.ptx')]]]);

describe('random inputs', () => {
    it.each(['ptx', 'fatbin', 'module'])(
        'of the %s target break nothing',
        (target) => {
            const cwd = join(build, target);
            mkdirSync(cwd, { recursive: true });
            const corpus = [join(source, 'corpus', target), ...(further.get(target) ?? [])];
            const args = [`-max_total_time=${String(seconds)}`, ...corpus];
            const env = { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' };
            const options = { cwd, env, encoding: 'utf8', timeout: timeoutMs } as const;
            const run = spawnSync(join(build, `fuzz-${target}`), args, options);
            expect(run.stderr.slice(-6000)).toMatch(/\d+ runs/);
            expect(run.status).toBe(0);
        },
        timeoutMs,
    );
});
