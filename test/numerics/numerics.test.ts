// The software device's arithmetic, tested in C++ (see main.cc): built with cmake into build/numerics, then
// run by topic at each x86-64 level. FERRY_TEST_SEED repeats a run, FERRY_LONG=1 is 50 times longer.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = join(root, 'build', 'numerics');
const cannotRun = 77;
const timeoutMs = process.env['FERRY_LONG'] === '1' ? 3_600_000 : 180_000;

beforeAll(() => {
    const configure = ['-S', join(root, 'test', 'numerics'), '-B', build];
    execFileSync('cmake', configure, { stdio: 'pipe' });
    execFileSync('cmake', ['--build', build, '-j', '2'], { stdio: 'pipe' });
}, 600_000);

describe.each(['v1', 'v3', 'v4'])('numerics compiled for x86-64-%s', (level) => {
    it.each(['bits', 'rounding', 'convert', 'half', 'matrix', 'approx', 'video', 'printf'])(
        '%s agrees with its independent reference',
        (topic) => {
            const program = join(build, `numerics_${level}`);
            const run = spawnSync(program, [topic], { encoding: 'utf8', timeout: timeoutMs });
            if (run.status === cannotRun) {
                console.warn(`SKIPPED the numerics of x86-64-${level}: this machine has none`);
                return;
            }
            expect(`${run.stdout}${run.stderr}`).toContain(' 0 failures');
            expect(run.status).toBe(0);
        },
        timeoutMs,
    );
});
