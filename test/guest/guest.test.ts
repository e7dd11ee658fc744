// The shim's unit tests (every TEST of test/guest/*.cc, under AddressSanitizer), and what the built library
// promises about itself: what it needs, what it exports, and that loading it does nothing.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'build/guest-units');
const library = join(root, 'build/guest/libferry.so');

describe('the unit tests', () => {
    beforeAll(() => {
        execFileSync('cmake', ['-S', join(root, 'test/guest'), '-B', folder], { stdio: 'pipe' });
        execFileSync('cmake', ['--build', folder, '-j2'], { stdio: 'pipe' });
    }, 600_000);

    test('all pass, and no sanitizer has a word to say', () => {
        const run = spawnSync(join(folder, 'guest-units'), { encoding: 'utf8', timeout: 120_000 });
        // What the tests of a lying host make the shim say; nothing else may speak.
        const said = run.stderr.split('\n').filter((line) => !line.startsWith('ferry: the host broke'));
        expect(said.join('\n')).toBe('');
        expect(run.stdout.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
        expect(run.stdout.split('\n').filter((line) => line.startsWith('ok ')).length).toBeGreaterThan(15);
        expect(run.status).toBe(0);
    });
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
