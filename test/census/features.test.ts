// Every feature that the census of CUDA programs found has a guest or a test: the table in features.ts names
// files that are there and show it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { features } from './features.ts';

const tests = fileURLToPath(new URL('..', import.meta.url));
const featureCount = 83;

describe('the features that programs need', () => {
    it('are all in the table', () => {
        expect(Object.keys(features)).toHaveLength(featureCount);
    });

    it.each(Object.entries(features))('%s has a guest or a test', (_, witnesses) => {
        const missing = witnesses.filter(([path, pattern]) => {
            const file = join(tests, path);
            return !existsSync(file) || !pattern.test(readFileSync(file, 'utf8'));
        });
        expect(witnesses.length).toBeGreaterThan(0);
        expect(missing).toEqual([]);
    });
});
