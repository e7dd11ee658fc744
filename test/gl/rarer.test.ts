// Calls of OpenGL that are more than a record: a guest says what they answer and draw, by Ferry and without
// it, and says the same.
import { afterAll, describe, expect, it } from 'vitest';

import { cleanUp, describeResult, newFolder, runGuest, startDaemon } from '../e2e/harness.ts';
import { buildGuest, glEnvironment, missing, startX, withoutDisplay } from './guests.ts';

const reason = missing('the rarer calls of OpenGL', ['rarer']);

describe.skipIf(reason !== null)('the rarer calls of OpenGL', () => {
    afterAll(cleanUp);

    it('answer and draw as GL itself does', async () => {
        const folder = newFolder();
        const display = await startX();
        const daemon = await startDaemon();
        const command = [buildGuest(folder, 'rarer', 0, ['-lGL', '-lX11'])];
        const direct = await runGuest(command, { ...withoutDisplay(), DISPLAY: display });
        const forwarded = await runGuest(command, glEnvironment(daemon, 'vendor', display, ''));
        expect(direct.stdout, describeResult(command, direct)).toContain('done');
        expect(forwarded.stdout.split('\n'), describeResult(command, forwarded)).toEqual(
            direct.stdout.split('\n'),
        );
    });
});
