// What the guest answers in the host's place: the same as GL itself says of the same calls, and so that no
// frame waits. Guests run by Ferry and without it, on an X server and a daemon of the test's own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { glPlaces, guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { readStats } from '../../host-daemon/src/cli/stats.ts';
import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import {
    cleanUp,
    describeResult,
    newFolder,
    plainEnvironment,
    runGuest,
    startDaemon,
    type DaemonHandle,
} from '../e2e/harness.ts';
import { missingForWindows, startX } from './x-server.ts';

const guests = join(installRoot, 'test', 'gl', 'guests');
const isLong = process.env['FERRY_TEST_LONG'] === '1';

const reason = missingForWindows();
if (reason !== null) {
    process.stdout.write(`skipped: the shadow of OpenGL: ${reason}\n`);
}

describe.skipIf(reason !== null)('the shadow of OpenGL', () => {
    let daemon: DaemonHandle;
    let display = '';
    let folder = '';

    beforeAll(async () => {
        daemon = await startDaemon();
        display = await startX();
        folder = newFolder();
        for (const guest of ['shadow', 'sharing']) {
            const source = join(guests, `${guest}.cc`);
            const args = ['-std=c++20', '-O1', '-o', join(folder, guest), source, '-lGL', '-lX11', '-ldl'];
            expect(spawnSync('c++', [...args, '-pthread'], { encoding: 'utf8' }).stderr).toBe('');
        }
    });
    afterAll(cleanUp);

    async function forwarded(guest: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
        const statsFile = join(folder, `stats-${args.join('-')}`);
        const gl = glPlaces('vendor');
        const environment = {
            ...guestEnvironment(plainEnvironment(), {
                shim: places.shim,
                links: places.shimLinks,
                endpoint: daemon.endpoint,
                statsFile,
                ...(gl === undefined ? {} : { gl }),
            }),
            DISPLAY: display,
            ...more,
        };
        const command = [join(folder, guest), ...args];
        const result = await runGuest(command, environment);
        expect(result.code, describeResult(command, result)).toBe(0);
        expect(result.stdout).toContain('done');
        const stats = existsSync(statsFile) ? readStats(statsFile)[0] : undefined;
        return { text: result.stdout, roundTrips: stats?.roundTrips ?? Infinity };
    }

    async function direct(args: readonly string[]): Promise<string> {
        const command = [join(folder, 'shadow'), ...args];
        const result = await runGuest(command, { ...plainEnvironment(), DISPLAY: display });
        return result.code === 0 ? result.stdout : '';
    }

    for (const seed of isLong ? Array.from({ length: 100 }, (_, at) => at + 1) : [1, 2, 3, 4, 5, 6]) {
        it(`says of its state what GL says: seed ${seed}`, async ({ skip }) => {
            const args = ['script', String(seed), '1000'];
            const wanted = await direct(args);
            // Some drivers do not survive all of it.
            skip(!wanted.includes('done'), 'the driver itself fails');
            const { text } = await forwarded('shadow', args);
            expect(text.split('\n')).toEqual(wanted.split('\n'));
        });
    }

    it('asks nothing of the host in frames that ask four hundred times', async () => {
        const few = await forwarded('shadow', ['frames', '10']);
        const many = await forwarded('shadow', ['frames', '40']);
        expect(many.roundTrips).toBe(few.roundTrips);
        expect(few.roundTrips).toBeLessThan(20);
    });

    it('asks what is in a buffer once, however often it is mapped', async () => {
        const few = await forwarded('shadow', ['maps', '10']);
        const many = await forwarded('shadow', ['maps', '60']);
        expect(many.roundTrips).toBe(few.roundTrips);
        expect(few.roundTrips).toBeLessThan(12);
    });

    it('keeps the order of fences between two contexts that share textures', async () => {
        await forwarded('sharing', [isLong ? '10000' : '300']);
    });
});
