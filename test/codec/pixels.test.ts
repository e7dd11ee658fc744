// Sizes of the arrays of OpenGL and images under pixel store, under the address and undefined-behaviour
// sanitizers.

import { beforeAll, describe, expect, test } from 'vitest';

import { buildPrograms, runProgram } from './toolchain.ts';

const claims = [
    'a pixel has the size of its format and type',
    'a layout begins and ends where the specification says',
    'an image is gathered pixel by pixel from there',
    'an image is scattered to there, and nowhere else',
    'bits of a bitmap keep their places',
    'numbers of a program that lies make no small size',
    'parameters and state have as many elements as GL reads',
    'control points end with the last one',
];

describe('sizes of OpenGL', () => {
    const verdicts = new Map<string, string>();

    beforeAll(() => {
        buildPrograms('pixels', ['pixels']);
        const done = runProgram('pixels', 'pixels');
        expect(done.stderr).toBe('');
        expect(done.status).toBe(0);
        for (const line of done.stdout.trim().split('\n')) {
            const [claim = '', verdict = ''] = line.split('\t');
            verdicts.set(claim, verdict);
        }
    }, 300_000);

    test.each(claims)('%s', (claim) => {
        expect(verdicts.get(claim)).toBe('ok');
    });
});
