// OpenGL in windows: guests that draw by way of X, GLX and libglvnd, on a daemon of the test's own and an
// X server of its own. They look at the pixels of their windows themselves.
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readStats } from '../../host-daemon/src/cli/stats.ts';
import { describeResult, runGuest } from '../e2e/harness.ts';
import { buildGuest, glEnvironment, missing, setStage, startX, type How } from './guests.ts';

const reason = missing('OpenGL in windows', ['frames', 'surfaces']);

const ways = [
    { way: 0, name: 'linked with libGL', flags: ['-lGL'] },
    { way: 1, name: 'by dlopen and dlsym', flags: [] },
    { way: 2, name: 'by glXGetProcAddress alone', flags: [] },
] as const;

describe.skipIf(reason !== null)('OpenGL in windows', () => {
    const programs = new Map<string, string>();
    const stage = setStage((folder) => {
        for (const guest of ['frames', 'surfaces']) {
            for (const { way, flags } of ways) {
                programs.set(`${guest}${way}`, buildGuest(folder, guest, way, [...flags, '-lX11']));
            }
        }
    });

    const environment = (how: How, statsFile: string) => glEnvironment(stage, how, statsFile);

    for (const { way, name } of ways) {
        for (const how of ['vendor', 'preload'] as const) {
            it(`shows frames of the window's size, waiting for none of them: ${name}, ${how}`, async () => {
                const statsFile = join(stage.folder, `stats-${way}-${how}`);
                const command = [programs.get(`frames${way}`) ?? '', '100'];
                const result = await runGuest(command, environment(how, statsFile));
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('frames 122');
                // It waits 23 times by its own wish; its context and its viewport take a few.
                expect(readStats(statsFile)[0]?.roundTrips).toBeLessThanOrEqual(28);
            });

            it(`draws on pbuffers, pixmaps and windows that go away: ${name}, ${how}`, async () => {
                const command = [programs.get(`surfaces${way}`) ?? ''];
                const result = await runGuest(command, environment(how, join(stage.folder, 'stats-other')));
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('surfaces ok');
            });
        }
    }

    it('serves programs with several contexts at the same time', async () => {
        const command = [programs.get('surfaces0') ?? ''];
        const env = { ...environment('vendor', join(stage.folder, 'stats-both')), FERRY_CARRIER: 'unix' };
        // Windows of one server would cover each other.
        const other = { ...env, DISPLAY: await startX() };
        const results = await Promise.all([env, other].map((each) => runGuest(command, each)));
        for (const result of results) {
            expect(result.code, describeResult(command, result)).toBe(0);
        }
    });

    it("shows frames that come with the host's answers, packed or not", async () => {
        const statsFile = join(stage.folder, 'stats-answers');
        const command = [programs.get('frames0') ?? '', '20'];
        const env = { ...environment('vendor', statsFile), FERRY_CARRIER: 'unix' };
        for (const form of ['raw', 'packed']) {
            const result = await runGuest(command, { ...env, FERRY_GL_FRAMES: form });
            expect(result.code, describeResult(command, result)).toBe(0);
            expect(result.stdout).toContain('frames 42');
        }
        const [raw, packed] = readStats(statsFile).map(({ bytesIn }) => bytesIn);
        expect(raw).toBeGreaterThan(20 * 320 * 200 * 4);
        expect(packed).toBeLessThan((raw ?? 0) / 10);
    });
});
