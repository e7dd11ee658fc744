// What OpenGL refuses and leaves alone: a guest says it by Ferry and without it, and says the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
    cleanUp,
    describeResult,
    newFolder,
    runGuest,
    startDaemon,
    type DaemonHandle,
} from '../e2e/harness.ts';
import { buildGuest, glEnvironment, missing, startX, withoutDisplay } from './guests.ts';

const reason = missing('what OpenGL refuses', ['refusals']);

describe.skipIf(reason !== null)('what OpenGL refuses', () => {
    let display = '';
    let daemon: DaemonHandle;
    let program = '';

    beforeAll(async () => {
        display = await startX();
        daemon = await startDaemon();
        program = buildGuest(newFolder(), 'refusals', 0, ['-lGL', '-lX11']);
    });
    afterAll(cleanUp);

    for (const batch of ['on', 'off']) {
        it(`is refused, and leaves as it was what GL leaves: batches ${batch}`, async () => {
            const command = [program];
            const direct = await runGuest(command, { ...withoutDisplay(), DISPLAY: display });
            const env = { ...glEnvironment(daemon, 'vendor', display, ''), FERRY_BATCH: batch };
            const forwarded = await runGuest(command, env);
            expect(direct.stdout, describeResult(command, direct)).toContain('done');
            expect(forwarded.stdout.split('\n'), describeResult(command, forwarded)).toEqual(
                direct.stdout.split('\n'),
            );
        });
    }
});
