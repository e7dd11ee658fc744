// Calls of OpenGL that are more than a record: a guest says what they answer and draw, by Ferry and without
// it, and says the same.
import { describe, expect, it } from 'vitest';

import { describeResult, runGuest } from '../e2e/harness.ts';
import { buildGuest, directEnvironment, glEnvironment, missing, setStage } from './guests.ts';

const reason = missing('the rarer calls of OpenGL', ['rarer']);

describe.skipIf(reason !== null)('the rarer calls of OpenGL', () => {
    let program = '';
    const stage = setStage((folder) => {
        program = buildGuest(folder, 'rarer', 0, ['-lGL', '-lX11']);
    });

    it('are not offered by extensions that have others, too', async () => {
        for (const [name, offered] of [
            ['GL_EXT_direct_state_access', 0],
            ['GL_ARB_debug_output', 1],
        ]) {
            const command = [program, String(name)];
            const said = await runGuest(command, glEnvironment(stage, 'vendor', ''));
            expect(said.stdout, describeResult(command, said)).toContain(`${name}: ${offered}`);
        }
    });

    it('answer and draw as GL itself does', async () => {
        const command = [program];
        const direct = await runGuest(command, directEnvironment(stage));
        const forwarded = await runGuest(command, glEnvironment(stage, 'vendor', ''));
        expect(direct.stdout, describeResult(command, direct)).toContain('done');
        expect(forwarded.stdout.split('\n'), describeResult(command, forwarded)).toEqual(
            direct.stdout.split('\n'),
        );
        // Each call answered by itself, those in glBegin too; debug callbacks are not called then.
        const env = { ...glEnvironment(stage, 'vendor', ''), FERRY_BATCH: 'off' };
        const one = await runGuest(command, env);
        const plain = (text: string) =>
            text.split('\n').filter((line) => !/^(heard|so far|in all)/.test(line));
        expect(plain(one.stdout), describeResult(command, one)).toEqual(plain(direct.stdout));
    });
});
