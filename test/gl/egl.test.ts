// EGL: guests that draw in windows, on pbuffers and on nothing at all, with an X server and without one. They
// look for EGL's errors themselves; what they draw is, byte for byte, what the same program draws directly.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readStats } from '../../host-daemon/src/cli/stats.ts';
import { describeResult, runGuest } from '../e2e/harness.ts';
import { buildGuest, directEnvironment, glEnvironment, missing, setStage, withoutDisplay } from './guests.ts';

const reason = missing('EGL', ['egl_headless', 'egl_windows']);

const ways = [
    { way: 0, name: 'linked', headless: ['-lEGL', '-lOpenGL'], windows: ['-lEGL', '-lGLESv2', '-lX11'] },
    { way: 1, name: 'by dlopen and dlsym', headless: [], windows: ['-lX11'] },
    { way: 2, name: 'by eglGetProcAddress alone', headless: [], windows: ['-lX11'] },
] as const;
// A default display without an X server is ours alone; Mesa has none.
const platforms = ['default', 'surfaceless', 'device'] as const;

describe.skipIf(reason !== null)('EGL', () => {
    const programs = new Map<string, string>();
    const program = (guest: string, way: number) => programs.get(`${guest}${way}`) ?? '';
    const stage = setStage((folder) => {
        for (const { way, headless, windows } of ways) {
            programs.set(`egl_headless${way}`, buildGuest(folder, 'egl_headless', way, headless));
            programs.set(`egl_windows${way}`, buildGuest(folder, 'egl_windows', way, windows));
        }
    });

    const sums = (text: string) => text.split('\n').filter((line) => / [0-9a-f]{8}$/.test(line));
    const known = new Map<string, readonly string[]>();
    // Once for each: it draws the same every time.
    function direct(guest: string, argument: string, env: Record<string, string>): readonly string[] {
        const drawn = known.get(`${guest} ${argument}`);
        if (drawn !== undefined) {
            return drawn;
        }
        const ran = spawnSync(program(guest, 0), [argument], { encoding: 'utf8', env });
        expect(ran.status, ran.stdout + ran.stderr).toBe(0);
        known.set(`${guest} ${argument}`, sums(ran.stdout));
        return sums(ran.stdout);
    }

    for (const { way, name } of ways) {
        for (const how of ['vendor', 'preload'] as const) {
            const platform = platforms[way];
            it(`draws without an X server as it would directly: ${name}, ${how}, ${platform}`, async () => {
                const command = [program('egl_headless', way), platform, 'forks'];
                const statsFile = join(stage.folder, 'stats');
                const environment = glEnvironment({ ...stage, display: '' }, how, statsFile);
                const result = await runGuest(command, environment);
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('headless ok');
                const there = platform === 'default' ? 'surfaceless' : platform;
                const drawn = direct('egl_headless', there, withoutDisplay());
                // What the child draws comes before the last that its parent draws, and is the same.
                expect(sums(result.stdout)).toEqual([...drawn, ...drawn.slice(-2)]);
            });

            it(`shows frames in windows, waiting for none of them: ${name}, ${how}`, async () => {
                const statsFile = join(stage.folder, `stats-${way}-${how}`);
                const command = [program('egl_windows', way), 'all'];
                const result = await runGuest(command, glEnvironment(stage, how, statsFile));
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('windows ok');
                const drawn = direct('egl_windows', '', directEnvironment(stage));
                expect(new Set(sums(result.stdout))).toEqual(new Set(drawn));
                // Of 144 frames it waits for 14, by its own wish; its contexts and programs take the others.
                expect(readStats(statsFile)[0]?.roundTrips).toBeLessThanOrEqual(40);
            });
        }
    }
});
