// OpenGL in windows: guests that draw by way of X, GLX and libglvnd, on a daemon of the test's own and an
// X server of its own. They look at the pixels of their windows themselves.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hasCommand, startXServer } from '../../bench/gl/x-server.ts';
import { glPlaces, guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import { readStats } from '../../host-daemon/src/cli/stats.ts';
import {
    atEnd,
    cleanUp,
    describeResult,
    newFolder,
    plainEnvironment,
    runGuest,
    startDaemon,
    type DaemonHandle,
} from '../e2e/harness.ts';

const libraries = ['-lX11', '-ldl', '-pthread'];
const guests = join(installRoot, 'test', 'gl', 'guests');

function missing(): string | null {
    if (!existsSync(places.glVendor)) {
        return 'this build has no libraries for OpenGL';
    }
    if (!hasCommand('Xvfb') || !hasCommand('c++')) {
        return 'there is no Xvfb, or no c++';
    }
    const headers = spawnSync('c++', ['-fsyntax-only', '-x', 'c++', join(guests, 'frames.cc')]);
    return headers.status === 0 ? null : 'the headers of GL and X are not installed';
}

const reason = missing();
if (reason !== null) {
    process.stdout.write(`skipped: OpenGL in windows: ${reason}\n`);
}

function wayOf(how: 'vendor' | 'preload') {
    const gl = glPlaces(how);
    return gl === undefined ? {} : { gl };
}

const ways = [
    { way: 0, name: 'linked with libGL', flags: ['-lGL'] },
    { way: 1, name: 'by dlopen and dlsym', flags: [] },
    { way: 2, name: 'by glXGetProcAddress alone', flags: [] },
] as const;

describe.skipIf(reason !== null)('OpenGL in windows', () => {
    let daemon: DaemonHandle;
    let display = '';
    let folder = '';
    const programs = new Map<string, string>();

    beforeAll(async () => {
        daemon = await startDaemon();
        const server = await startXServer('1280x1024x24');
        atEnd(() => server.stop());
        display = server.display;
        folder = newFolder();
        for (const guest of ['frames', 'surfaces']) {
            for (const { way, flags } of ways) {
                const program = join(folder, `${guest}${way}`);
                const source = join(guests, `${guest}.cc`);
                const args = ['-std=c++20', `-DWAY=${way}`, '-o', program, source, ...flags, ...libraries];
                const built = spawnSync('c++', args, { encoding: 'utf8' });
                expect(built.stderr).toBe('');
                programs.set(`${guest}${way}`, program);
            }
        }
    });
    afterAll(cleanUp);

    const environment = (how: 'vendor' | 'preload', statsFile: string) => ({
        ...guestEnvironment(plainEnvironment(), {
            shim: places.shim,
            links: places.shimLinks,
            endpoint: daemon.endpoint,
            statsFile,
            ...wayOf(how),
        }),
        DISPLAY: display,
    });

    for (const { way, name } of ways) {
        for (const how of ['vendor', 'preload'] as const) {
            it(`shows frames of the window's size, waiting for none of them: ${name}, ${how}`, async () => {
                const statsFile = join(folder, `stats-${way}-${how}`);
                const command = [programs.get(`frames${way}`) ?? '', '100'];
                const result = await runGuest(command, environment(how, statsFile));
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('frames 122');
                // It waits 23 times by its own wish; its context and its viewport take a few.
                expect(readStats(statsFile)[0]?.roundTrips).toBeLessThanOrEqual(28);
            });

            it(`shows frames that come with the host's answers: ${name}, ${how}`, async () => {
                const statsFile = join(folder, `stats-unix-${way}-${how}`);
                const command = [programs.get(`frames${way}`) ?? '', '20'];
                const env = { ...environment(how, statsFile), FERRY_CARRIER: 'unix' };
                const result = await runGuest(command, env);
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('frames 42');
                expect(readStats(statsFile)[0]?.bytesIn).toBeGreaterThan(20 * 320 * 200 * 4);
            });

            it(`draws on pbuffers, pixmaps and windows that go away: ${name}, ${how}`, async () => {
                const command = [programs.get(`surfaces${way}`) ?? ''];
                const result = await runGuest(command, environment(how, join(folder, 'stats-other')));
                expect(result.code, describeResult(command, result)).toBe(0);
                expect(result.stdout).toContain('surfaces ok');
            });
        }
    }
});
