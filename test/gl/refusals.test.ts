// What OpenGL refuses and leaves alone: a guest says it by Ferry and without it, and says the same.
import { describe, expect, it } from 'vitest';

import { describeResult, runGuest } from '../e2e/harness.ts';
import { buildGuest, directEnvironment, glEnvironment, missing, setStage } from './guests.ts';

const reason = missing('what OpenGL refuses', ['refusals']);

describe.skipIf(reason !== null)('what OpenGL refuses', () => {
    let program = '';
    const stage = setStage((folder) => {
        program = buildGuest(folder, 'refusals', 0, ['-lGL', '-lX11']);
    });

    for (const batch of ['on', 'off']) {
        it(`is refused, and leaves as it was what GL leaves: batches ${batch}`, async () => {
            const command = [program];
            const direct = await runGuest(command, directEnvironment(stage));
            const env = { ...glEnvironment(stage, 'vendor', ''), FERRY_BATCH: batch };
            const forwarded = await runGuest(command, env);
            expect(direct.stdout, describeResult(command, direct)).toContain('done');
            expect(forwarded.stdout.split('\n'), describeResult(command, forwarded)).toEqual(
                direct.stdout.split('\n'),
            );
        });
    }
});
