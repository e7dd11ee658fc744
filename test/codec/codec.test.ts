// The six properties of the wire's codec, for every record and reply of the specification, under the address
// and undefined-behaviour sanitizers.

import { beforeAll, describe, expect, test } from 'vitest';

import { allMessages } from '../../proto/gen/emit-test.ts';
import { buildProgram, loadModel, runProgram } from './toolchain.ts';

const sanitizers = [
    '-O1',
    '-fsanitize=address,undefined',
    '-fno-sanitize-recover=all',
    '-fno-omit-frame-pointer',
];
const sources = ['test/codec/codec_main.cc', 'test/codec/properties.cc'];
const messages = allMessages(loadModel()).map((message) => message.name);

describe('the codec of every message', () => {
    const verdicts = new Map<string, string[]>();

    beforeAll(() => {
        const done = runProgram(buildProgram('codec', sources, sanitizers));
        expect(done.stderr).toBe('');
        expect(done.status).toBe(0);
        for (const line of done.stdout.trim().split('\n')) {
            const [name = '', verdict = ''] = line.split('\t');
            verdicts.set(name, [...(verdicts.get(name) ?? []), verdict]);
        }
    }, 300_000);

    test('is checked for each message of the specification and for no other', () => {
        expect([...verdicts.keys()].sort()).toEqual([...messages].sort());
    });

    test.each(messages)('%s keeps its size, its fields and its limits, whatever bytes arrive', (name) => {
        expect(verdicts.get(name)).toEqual(['ok']);
    });
});

describe('the properties themselves', () => {
    const planted = ['codec_planted_main.cc', 'properties.cc'].map((file) => `test/codec/${file}`);
    const found: string[] = [];

    beforeAll(() => {
        found.push(
            ...runProgram(buildProgram('planted', planted, sanitizers))
                .stdout.trim()
                .split('\n'),
        );
    }, 300_000);

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
