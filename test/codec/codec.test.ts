// The six properties of the wire's codec, for every record and reply of the specification, under the address
// and undefined-behaviour sanitizers.

import { beforeAll, describe, expect, test } from 'vitest';

import { allMessages } from '../../proto/gen/emit-test.ts';
import { glShapes } from '../../proto/gen/gl/emit-test.ts';
import { buildPrograms, loadGlModel, loadModel, runProgram } from './toolchain.ts';

const messages = allMessages(loadModel()).map((message) => message.name);
const glMessages = glShapes(loadGlModel()).map((message) => message.name);

beforeAll(() => buildPrograms('codec', ['codec', 'codec_gl', 'codec_planted']), 300_000);

describe.each([
    ['every message', 'codec', messages],
    ['a message of OpenGL of every shape', 'codec_gl', glMessages],
] as const)('the codec of %s', (_what, program, names) => {
    const verdicts = new Map<string, string[]>();

    beforeAll(() => {
        const done = runProgram('codec', program);
        expect(done.stderr).toBe('');
        expect(done.status).toBe(0);
        for (const line of done.stdout.trim().split('\n')) {
            const [name = '', verdict = ''] = line.split('\t');
            verdicts.set(name, [...(verdicts.get(name) ?? []), verdict]);
        }
    });

    test('is checked for each message of the specification and for no other', () => {
        expect([...verdicts.keys()].sort()).toEqual([...names].sort());
    });

    test.each(names)('%s keeps its size, its fields and its limits, whatever bytes arrive', (name) => {
        expect(verdicts.get(name)).toEqual(['ok']);
    });
});

describe('the properties themselves', () => {
    const found: string[] = [];

    beforeAll(() => {
        found.push(...runProgram('codec', 'codec_planted').stdout.trim().split('\n'));
    });

    test.each([
        ['Lossy', 'idempotence: a field changed on the way'],
        ['Oversized', 'size: Measure and Writer disagree'],
        ['Careless', 'truncation: trailing bytes are ignored'],
        ['Limitless', 'limit: a field over its limit decodes'],
        ['Greedy', 'limit: decoding allocates'],
        ['Forgetful', 'influence: a field does not show in the encoding'],
    ])('find the mistake planted in %s', (name, failure) => {
        expect(found).toContain(`${name}\t${failure}`);
    });
});
