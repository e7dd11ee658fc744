// The specification as data: what validation refuses, and whether what is committed is what the generator
// writes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { procEntries } from '../../proto/gen/emit-guest-tables.ts';
import { exportedCalls } from '../../proto/gen/emit-stub.ts';
import { buildModel } from '../../proto/gen/model.ts';
import { constantName, specHash } from '../../proto/gen/emit-wire.ts';
import { emitAll } from '../../proto/gen/outputs.ts';
import { validate } from '../../proto/gen/validate.ts';
import type { Row } from '../../proto/spec/dsl.ts';
import { specification } from '../../proto/spec/index.ts';
import { loadAbiHeader, loadGlModel, loadModel, root, wireVersion } from './toolchain.ts';

const abi = loadAbiHeader();
const handleHeader = readFileSync(join(root, 'proto/wire/handle.h'), 'utf8');

/** The problems of the specification with one row of the stream chapter replaced. */
function problemsWith(name: string, change: Partial<Row>): string[] {
    const chapters = specification.chapters.map((chapter) => {
        const row = chapter.rows[name];
        return row === undefined
            ? chapter
            : { ...chapter, rows: { ...chapter.rows, [name]: { ...row, ...change } } };
    });
    return validate(buildModel({ ...specification, chapters }), abi, handleHeader);
}

describe('validation', () => {
    test('accepts the specification', () => {
        expect(validate(loadModel(), abi, handleHeader)).toEqual([]);
    });

    const bad: readonly [string, string, Partial<Row>, string][] = [
        ['an id used twice', 'cuStreamQuery', { id: 0x0a03 }, "id 0x0a03 is cuStreamSynchronize's already"],
        ['an id outside its block', 'cuStreamQuery', { id: 0x0bff }, 'id 0x0bff is not in block 0x0a00'],
        ['an unclassified call', 'cuStreamQuery', { flow: {} as Row['flow'] }, 'unclassified'],
        [
            'a code that does not exist',
            'cuStreamQuery',
            { fails: { BROKEN: 'x' } },
            'fails.BROKEN: no such code',
        ],
        ['a call that cannot fail', 'cuStreamQuery', { fails: {} }, 'says no way to fail'],
        ['a row without a source', 'cuStreamQuery', { source: '' }, 'source is empty'],
        ['a doc that is no sentence', 'cuStreamQuery', { doc: 'Asks' }, 'doc: expected one sentence'],
        ['a version that is none', 'cuStreamQuery', { since: 12 }, 'since 12 is no CUDA version'],
        [
            'an unknown type',
            'cuStreamQuery',
            { params: { p: { is: 'raw', c: 'CUmystery*' } } },
            'CUmystery is not in',
        ],
        [
            'a raw parameter without a hand',
            'cuEventElapsedTime',
            { params: { p: { is: 'raw', c: 'void*' } } },
            'raw needs',
        ],
        ['a guard of nothing', 'cuStreamQuery', { guard: { count: 'nonZero' } }, 'guards count'],
        ['a twin without a stream', 'cuEventElapsedTime', { twin: 'ptsz' }, 'twin ptsz without a stream'],
        [
            'a forward to nowhere',
            'cuEventRecord',
            { via: { call: 'cuNowhere', with: {} } },
            'forwards to cuNowhere',
        ],
        [
            'a forward that fills too little',
            'cuEventRecord',
            { via: { call: 'cuEventRecordWithFlags', with: {} } },
            'forwards no flags',
        ],
        [
            'a forward that fills what is not there',
            'cuEventRecord',
            {
                via: {
                    call: 'cuEventRecordWithFlags',
                    with: { flags: { literal: 0 }, depth: { literal: 1 } },
                },
            },
            'cuEventRecordWithFlags has no parameter depth',
        ],
        [
            'a record that nobody has',
            'cuLaunchKernelEx',
            { sends: ['cuInit'] },
            'sends cuInit, which has no record',
        ],
        ['a wire form with a generated end', 'cuLaunchKernel', { hand: 'guest' }, "needs hand: 'both'"],
        [
            'a deferred call that is generated',
            'cuEventCreate',
            { flow: { class: 'deferred', lands: 'phEvent' } },
            'deferred needs',
        ],
    ];
    test.each(bad)('refuses %s', (_what, name, change, problem) => {
        expect(problemsWith(name, change).join('\n')).toContain(problem);
    });
});

describe('a limit', () => {
    const folders = ['guest-shim/src', 'native/src', 'host-daemon/src', 'proto/spec/cuda', 'proto/spec/gl'];
    const files = folders.flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
            .filter((file) => /\.(h|cc|ts)$/.test(file) && !file.startsWith('generated'))
            .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    );

    test.each(Object.keys(specification.limits))('%s is enforced somewhere', (name) => {
        const uses = [`limits::${constantName(name)}\\b`, `limits\\.${name}\\b`, `'${name}'`];
        const pattern = new RegExp(uses.join('|'));
        expect(files.some((text) => pattern.test(text))).toBe(true);
    });
});

describe('the generator', () => {
    test('writes what is committed', () => {
        const outputs = emitAll(loadModel(), loadGlModel(), { wireVersion, abi }).filter(
            (output) => output.committed,
        );
        for (const output of outputs) expect(readFileSync(join(root, output.path), 'utf8')).toBe(output.text);
        expect(outputs.length).toBe(8);
    });

    test('writes the same bytes twice', () => {
        expect(emitAll(loadModel(), loadGlModel(), { wireVersion, abi })).toEqual(
            emitAll(loadModel(), loadGlModel(), { wireVersion, abi }),
        );
    });

    test('changes the hash with a field, a limit or a number, and not with a sentence', () => {
        const hash = specHash(loadModel(), wireVersion);
        const row = specification.chapters[0]?.rows['cuInit'] as Row;
        const withRow = (rows: Readonly<Record<string, Row>>): string =>
            specHash(buildModel({ ...specification, chapters: [{ file: '', block: 1, rows }] }), wireVersion);
        expect(specHash(loadModel(), wireVersion + 1)).not.toBe(hash);
        expect(withRow({ cuInit: { ...row, doc: 'Another sentence.' } })).toBe(withRow({ cuInit: row }));
        expect(withRow({ cuInit: { ...row, id: 0x0177 } })).not.toBe(withRow({ cuInit: row }));
    });

    test('lists entry points by name, then by version, each version once', () => {
        const keys = procEntries(exportedCalls(loadModel())).map(({ base, since }) => ({ base, since }));
        const sorted = [...keys].sort((a, b) =>
            a.base < b.base ? -1 : a.base > b.base ? 1 : a.since - b.since,
        );
        expect(keys).toEqual(sorted);
        expect(new Set(keys.map(({ base, since }) => `${base} ${since}`)).size).toBe(keys.length);
    });

    test('gives every exported call an answer to cuGetProcAddress', () => {
        const answered = new Set(procEntries(exportedCalls(loadModel())).map((entry) => entry.symbol));
        expect(exportedCalls(loadModel()).filter((call) => !answered.has(call.name))).toEqual([]);
    });

    test('declares what only the software device has for that device alone', () => {
        const outputs = emitAll(loadModel(), loadGlModel(), { wireVersion, abi });
        const mentions = (call: string): string[] =>
            outputs
                .filter(({ path, text }) => path !== 'build/gen/abi_proof.cc' && text.includes(call))
                .map(({ path }) => path);
        expect(mentions('cuGraphConditionalHandleCreate')).toEqual([
            'proto/ledger/cuda.txt',
            'build/gen/soft/stubs.h',
            'build/gen/soft/proc_table.inc',
        ]);
    });

    test('keeps what a stub does within ten lines', () => {
        const stubs = emitAll(loadModel(), loadGlModel(), { wireVersion, abi }).find((output) =>
            output.path.endsWith('stubs.cc'),
        );
        const bodies = [
            ...(stubs?.text ?? '').matchAll(/^ {4}return guest::boundary[^\n]*\{\n(.*?)^ {4}\}\);$/gms),
        ];
        expect(bodies.length).toBeGreaterThan(100);
        const long = bodies.filter(([, body = '']) => body.trimEnd().split('\n').length > 10);
        expect(long.map(([text]) => text)).toEqual([]);
    });
});
