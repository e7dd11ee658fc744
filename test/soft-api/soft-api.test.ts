// The software device through the driver API, claim by claim (see main.cc here). Each claim runs in a process
// of its own: a fault ends a context for good, and some claims fork or exit. Run `npm run build` before.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = join(root, 'build', 'soft-api');
const library = join(root, 'build', 'soft', 'libcuda-soft.so');
const program = join(build, 'soft_api');
const claimLimitMs = 60_000;

function listClaims(): readonly string[] {
    if (!existsSync(library)) throw new Error(`${library} is missing: run \`npm run build\` first`);
    execFileSync('cmake', ['-S', join(root, 'test', 'soft-api'), '-B', build], { stdio: 'pipe' });
    execFileSync('cmake', ['--build', build, '-j', '2'], { stdio: 'pipe' });
    const listed = execFileSync(program, ['--list'], { encoding: 'utf8', env: { LD_PRELOAD: library } });
    return listed.trim().split('\n');
}

describe('the software device', () => {
    it.each(listClaims())(
        '%s',
        (claim) => {
            const env = { ...process.env, LD_PRELOAD: library };
            const run = spawnSync(program, [claim], { encoding: 'utf8', timeout: claimLimitMs, env });
            expect(run.stderr).toBe('');
            expect(run.signal).toBeNull();
            expect(run.status).toBe(0);
        },
        claimLimitMs + 5_000,
    );
});
