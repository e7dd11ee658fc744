// Buffers that stay mapped while GL works with them, and results of queries: what GL says has to be so is
// so over every carrier, and asking for a result does not wait.
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readStats } from '../../host-daemon/src/cli/stats.ts';
import { describeResult, runGuest } from '../e2e/harness.ts';
import { buildGuest, glEnvironment, missing, setStage } from './guests.ts';

const reason = missing('maps that stay, and queries', ['lasting']);

describe.skipIf(reason !== null)('what outlasts a call of OpenGL', () => {
    const stage = setStage((folder) => buildGuest(folder, 'lasting', 0, ['-lGL', '-lX11']));

    async function forwarded(carrier: string, ...args: readonly string[]) {
        const statsFile = join(stage.folder, ['stats', carrier, ...args].join('-'));
        const environment = glEnvironment(stage, 'vendor', statsFile);
        const command = [join(stage.folder, 'lasting0'), ...args];
        const result = await runGuest(command, { ...environment, FERRY_CARRIER: carrier });
        expect(result.code, describeResult(command, result)).toBe(0);
        expect(result.stdout).toBe('done\n');
        return readStats(statsFile)[0]?.roundTrips ?? Infinity;
    }

    for (const carrier of ['ring', 'unix']) {
        it(`sees what both ends write into a map that stays: ${carrier}`, async () => {
            await forwarded(carrier, 'maps');
        });

        it(`sends what the program flushes, and refuses what GL refuses: ${carrier}`, async () => {
            await forwarded(carrier, 'flushed');
        });

        it(`shows what was written to every context of the group: ${carrier}`, async () => {
            await forwarded(carrier, 'shared');
        });

        it(`answers what is known of queries, without waiting: ${carrier}`, async () => {
            const few = await forwarded(carrier, 'queries', '4');
            const many = await forwarded(carrier, 'queries', '40');
            expect(many).toBe(few);
        });
    }
});
