// The shim's unit tests (every TEST of test/guest/*.cc under AddressSanitizer and UBSan, those with threads
// under ThreadSanitizer too), and what the built library
// promises about itself: what it needs, what it exports, and that loading it does nothing.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const library = join(root, 'build/guest/libferry.so');

// ThreadSanitizer has nothing to find where there is one thread: of those tests the long mode alone makes it
// sure.
const builds = [
    { folder: 'build/guest-units', sanitizer: 'address,undefined', wanted: [], least: 15 },
    {
        folder: 'build/guest-units-tsan',
        sanitizer: 'thread',
        wanted: process.env['FERRY_TEST_LONG'] === '1' ? [] : ['thread'],
        least: 6,
    },
] as const;
// What the tests of a lying host and of a full trace make the shim say; nothing else may speak.
const expected = /^ferry: (the host broke|the trace is not whole)/;

describe.each(builds)('the unit tests under $sanitizer', ({ folder, sanitizer, wanted, least }) => {
    const built = join(root, folder);

    beforeAll(() => {
        const kind = `-DFERRY_UNIT_SANITIZE=${sanitizer}`;
        execFileSync('cmake', ['-S', join(root, 'test/guest'), '-B', built, kind], { stdio: 'pipe' });
        execFileSync('cmake', ['--build', built, '-j2'], { stdio: 'pipe' });
    }, 600_000);

    test('all pass, and the sanitizer has not a word to say', () => {
        const options = { encoding: 'utf8', timeout: 600_000 } as const;
        const run = spawnSync(join(built, 'guest-units'), [...wanted], options);
        const said = run.stderr.split('\n').filter((line) => !expected.test(line));
        expect(said.join('\n')).toBe('');
        expect(run.stdout.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
        expect(run.stdout.split('\n').filter((line) => line.startsWith('ok ')).length).toBeGreaterThan(least);
        expect(run.status).toBe(0);
    }, 600_000);
});

describe.skipIf(!existsSync(library))('libferry.so', () => {
    const read = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8' });

    test('is libcuda.so.1 by name and needs the C library only', () => {
        const dynamic = read('readelf', '-d', library);
        expect(dynamic).toContain('soname: [libcuda.so.1]');
        expect(dynamic).not.toContain('TEXTREL');
        const needed = [...dynamic.matchAll(/NEEDED.*\[(.*)\]/g)].map((match) => match[1]);
        const allowed = /^(libc\.so\.6|libm\.so\.6|ld-linux-.*)$/;
        expect(needed.filter((name) => !allowed.test(name ?? ''))).toEqual([]);
    });

    test('exports CUDA calls and its own version, and nothing else', () => {
        const symbols = read('nm', '-D', '--defined-only', library).trim().split('\n');
        const names = symbols.map((line) => line.split(' ').at(-1) ?? '');
        expect(names.filter((name) => !/^cu[A-Z]/.test(name))).toEqual(['ferry_shim_version']);
        expect(names.length).toBeGreaterThan(150);
    });

    test('does nothing when a program loads it without calling it', () => {
        const calls = 'trace=socket,connect,clone,clone3,write';
        const run = spawnSync('strace', ['-f', '-e', calls, '/bin/true'], {
            encoding: 'utf8',
            env: { ...process.env, LD_PRELOAD: library },
        });
        if (run.error !== undefined) return;
        expect(run.stderr.split('\n').filter((line) => /^(socket|connect|clone)/.test(line))).toEqual([]);
    });
});
