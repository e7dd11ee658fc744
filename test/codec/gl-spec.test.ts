// The specification of OpenGL as data: what its validation refuses, what the importer makes of a registry,
// and whether the tables are the ones that both ends can be built from.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { type FoundCall, importXml, numbered } from '../../proto/gen/gl/import.ts';
import { procEntries } from '../../proto/gen/gl/emit-guest-tables.ts';
import { isRefused } from '../../proto/gen/gl/emit-stubs.ts';
import { buildGlModel, type GlSources } from '../../proto/gen/gl/model.ts';
import { formatCall, parseCalls, type RegistryCall } from '../../proto/gen/gl/registry.ts';
import { readGlSources, tables } from '../../proto/gen/gl/sources.ts';
import { validateGl } from '../../proto/gen/gl/validate.ts';
import { array, type GlRule, hand, names, packed, pixels, raw } from '../../proto/spec/gl/rules.ts';
import { loadGlModel, root } from './toolchain.ts';

const sources = readGlSources(root);
const sizes = readFileSync(join(root, 'proto/gl/sizes.h'), 'utf8');
const problemsOf = (changed: Partial<GlSources>): string =>
    validateGl(buildGlModel({ ...sources, ...changed }), sizes).join('\n');

/** The problems when one more chapter says this of a call. */
function problemsWith(call: string, rule: GlRule): string {
    return problemsOf({ overlay: [...sources.overlay, { calls: { [call]: rule } }] });
}

/** The problems when the registry has one more call, about which the overlay says nothing. */
function problemsOfCall(line: string): string {
    const call = parseCalls(line, 'test')[0] as RegistryCall;
    return problemsOf({ registries: { ...sources.registries, gl: [...sources.registries.gl, call] } });
}

describe('validation', () => {
    test('accepts the specification', () => {
        expect(problemsOf({})).toBe('');
    });

    const bad: readonly [string, string, GlRule, string][] = [
        ['a rule for no call', 'glNowhere', hand, 'glNowhere: a rule for a call that the registry does not'],
        [
            'a rule for no parameter',
            'glClear',
            { params: { depth: raw } },
            'a rule for depth, which is no par',
        ],
        [
            'a size of no parameter',
            'glMap1f',
            { params: { points: array('size::array(count, 4)') } },
            'glMap1f: points: count is no parameter that a size can be made of',
        ],
        [
            'a size of another array',
            'glMultiDrawArrays',
            { params: { first: array('size::bytes(count)') } },
            'count is no parameter that a size',
        ],
        [
            'a size by no function',
            'glMap1f',
            { params: { points: array('size::guess(order)') } },
            'size::guess is not in proto/gl/sizes.h',
        ],
        [
            'a parameter that nobody carries',
            'glClear',
            { params: { mask: raw } },
            'raw needs a wire form of its',
        ],
        [
            'an image that nobody gathers',
            'glClearTexImage',
            { params: { data: pixels('size::pixel(format, type)') } },
            'glClearTexImage: unclassified: its images or names need the guest by hand',
        ],
        [
            'an output that nobody sizes',
            'glGetMaterialfv',
            { params: { params: packed } },
            'an output that only the host can size needs it by hand',
        ],
        [
            'a record of its own with a generated end',
            'glClear',
            { guest: 'hand', wire: { request: {} } },
            'a wire form of its own needs both ends by hand',
        ],
        ['an end of what is not named', 'glClear', { takes: 'texture' }, 'takes a texture, and no parameter'],
        [
            'a making of what is not named',
            'glClear',
            { gives: 'texture' },
            'gives a texture, and no parameter',
        ],
    ];
    test.each(bad)('refuses %s', (_what, call, rule, problem) => {
        expect(problemsWith(call, rule)).toContain(problem);
    });

    test.each([
        ['an array of unknown length', '6f00 glX void | const GLfloat* v | gl4.6', 'v: unclassified'],
        ['a length nobody knows', '6f00 glX void | const void* p[COMPSIZE(a,b)] | gl4.6', 'p: unclassified'],
        ['a type that is no scalar', '6f00 glX void | GLmystery m | gl4.6', 'm: unclassified'],
        ['an answer that is none', '6f00 glX void* | GLenum pname | gl4.6', 'what the void* it answers is'],
        [
            'pointers to pointers',
            '6f00 glX void | const void*const* p[n], GLsizei n | gl4.6',
            'p: unclassified',
        ],
        ['a number used twice', '4001 glX void |  | gl4.6', "0x4001 is glActiveShaderProgram's already"],
        ['a number of GLX', '7001 glX void |  | gl4.6', "id 0x7001 is not gl's"],
        [
            'a name used twice',
            '6f00 glX void |  | gl4.6 | glActiveTextureARB',
            'glActiveTextureARB is glActive',
        ],
        ['a name that stubs use', '6f00 glX void | GLint context | gl4.6', 'the name context is used'],
    ])('refuses a call with %s', (_what, line, problem) => {
        expect(problemsOfCall(line)).toContain(problem);
    });

    test('refuses a family without a call', () => {
        const overlay = [...sources.overlay, { families: [{ match: /^glNowhere/, rule: hand }] }];
        expect(problemsOf({ overlay })).toContain('the family /^glNowhere/ has no call');
    });

    test('refuses a line of what is unwritten that is not by hand', () => {
        expect(problemsOf({ unwritten: ['guest glClear'] })).toContain("'guest glClear' is not by hand");
    });

    test('takes a call that the registry explains as it is', () => {
        const line = '6f00 glX void | GLuint program@program, GLsizei n, const GLint* v[n*3] | gl4.6';
        expect(problemsOfCall(line)).toBe('');
    });
});

describe('what is by hand', () => {
    /** Names of the calls that some file below `folder` defines, with `first` as their first parameter. */
    function defined(folder: string, first: string): string[] {
        const pattern = new RegExp(`^[\\w*: ]+ \\*?(gl[A-Z]\\w*)\\(${first}&`, 'gm');
        const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
        const texts = files
            .filter((file) => file.endsWith('.cc'))
            .map((file) => readFileSync(join(root, folder, file), 'utf8'));
        return texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name));
    }

    test.each([
        ['in the guest', 'guest-shim/src', 'Context', ['guest', 'track']],
        ['on the host', 'native/src/engine', 'GlExecutor', ['host']],
    ] as const)('and written %s is not listed as unwritten', (_where, folder, first, sides) => {
        const open = new Set(sources.unwritten);
        const listed = defined(folder, first).filter((name) =>
            sides.some((side) => open.has(`${side} ${name}`)),
        );
        expect(listed).toEqual([]);
    });
});

describe('the importer', () => {
    const registry = (body: string): string => `<?xml version="1.0"?><registry>${body}</registry>`;
    const command = (name: string, rest = ''): string =>
        `<command><proto>void <name>${name}</name></proto>${rest}</command>`;
    const text = registry(
        '<!-- a comment with <tags> -->' +
            '<commands>' +
            command(
                'glOne',
                '<param class="texture"><ptype>GLuint</ptype> <name>texture</name></param>' +
                    '<param len="n*2">const <ptype>GLfloat</ptype> *<name>values</name></param>',
            ) +
            command('glOneARB', '<alias name="glOne"/>') +
            command('glTwo', '<alias name="glThree"/>') +
            command('glThree', '<alias name="glTwo"/>') +
            command('glFour') +
            '</commands>' +
            '<feature api="gl" name="GL_VERSION_1_0" number="1.0"><require><command name="glOne"/>' +
            '<command name="glFour"/></require></feature>' +
            '<feature api="gl" name="GL_VERSION_3_2" number="3.2"><remove profile="core">' +
            '<command name="glFour"/></remove></feature>',
    );

    test('takes versions, lengths, kinds and aliases, and leaves out the rest', () => {
        const calls = numbered('gl', importXml(text, 'gl'), []);
        expect(calls.map((call) => formatCall(call).trimEnd())).toEqual([
            '4000 glFour void |  | gl1.0 compat',
            '4001 glOne void | GLuint texture@texture, const GLfloat* values[n*2] | gl1.0 | glOneARB',
        ]);
    });

    test('keeps the numbers that have been given', () => {
        const found = (name: string): FoundCall => ({
            name,
            returns: 'void',
            params: [],
            versions: ['gl1.0'],
        });
        const known = numbered('gl', [found('glB'), found('glD')], []);
        const later = numbered('gl', ['glA', 'glB', 'glC', 'glD'].map(found), known);
        expect(later.map(({ id, name }) => `${id.toString(16)} ${name}`)).toEqual([
            '4000 glB',
            '4001 glD',
            '4002 glA',
            '4003 glC',
        ]);
    });

    test.each(['gl', 'glx', 'egl'] as const)('reads back what it writes of %s', (api) => {
        const lines = readFileSync(join(root, tables[api]), 'utf8').split('\n');
        const rows = lines.filter((line) => line !== '' && !line.startsWith('#'));
        expect(sources.registries[api].map((call) => formatCall(call).trimEnd())).toEqual(rows);
    });

    test.each(Object.values(tables))('leaves %s small enough to be read', (path) => {
        expect(statSync(join(root, path)).size).toBeLessThan(400_000);
    });
});

describe('the calls of OpenGL', () => {
    const model = loadGlModel();
    const byName = new Map(model.calls.map((call) => [call.name, call]));

    test('are all of 4.5 and of ES 3.2, under every name', () => {
        const known = new Set(procEntries(model).map(([name]) => name));
        // Of libGL, libGLESv2, and of extensions that became part of both.
        const wanted = ['glBegin', 'glMultiTexCoord4fvARB', 'glBindFramebufferEXT', 'glCreateTextures'];
        wanted.push('glBlendBarrierKHR', 'glGenVertexArraysAPPLE', 'glGetnUniformfvARB', 'glDepthRangef');
        expect(wanted.filter((name) => !known.has(name))).toEqual([]);
        expect(known.size).toBeGreaterThan(1600);
    });

    test('are found by name: sorted, each name once', () => {
        const listed = procEntries(model).map(([name]) => name);
        expect(listed).toEqual([...new Set(listed)].sort());
    });

    test('cross as what they are', () => {
        const shape = (name: string): string => {
            const { request, reply } = byName.get(name) ?? {};
            const fields = (message = request): string =>
                (message?.fields ?? []).map((field) => `${field.name}:${field.type}`).join(' ');
            return reply === undefined ? fields() : `${fields()} -> ${fields(reply)}`;
        };
        expect(shape('glClearColor')).toBe('red:f32 green:f32 blue:f32 alpha:f32');
        expect(shape('glUniform4fv')).toBe('location:i32 count:i32 value:bytes');
        expect(shape('glBindAttribLocation')).toBe('program:u32 index:u32 name:text');
        expect(shape('glGenTextures')).toBe('textures:bytes');
        expect(shape('glCreateShader')).toBe('type:u32 name:u32');
        expect(shape('glFenceSync')).toBe('condition:u32 flags:u32 name:u64');
        expect(shape('glDrawElements')).toBe('mode:u32 count:i32 type:u32 indices:u64');
        expect(shape('glIsTexture')).toBe('texture:u32 -> result:u8');
        expect(shape('glFinish')).toBe(' -> ');
        expect(shape('glGetShaderSource')).toBe('shader:u32 bufSize:i32 -> length:i32 source:bytes');
        expect(shape('glDepthRangeIndexed')).toBe('index:u32 n:f64 f:f64');
    });

    test('are never waited for when they answer nothing', () => {
        const waiting = model.calls.filter(
            (call) => call.class === 'sync' && call.reply?.fields.length === 0,
        );
        expect(waiting.map((call) => call.name)).toEqual(['glFinish']);
    });

    test('do something before anybody has written them: cross, or say that they do not', () => {
        const open = model.calls.filter((call) => call.gl.unwritten.guest);
        for (const call of open) expect(call.gl.isSound || isRefused(call)).toBe(true);
    });

    test('name every object by its kind', () => {
        const unnamed = model.calls.flatMap((call) =>
            call.gl.api !== 'gl' || call.class === 'local' || call.gl.rule.wire !== undefined
                ? []
                : call.gl.params
                      .filter((p) =>
                          /^(program|shader|texture|framebuffer|renderbuffer|sampler)$/.test(p.name),
                      )
                      .filter((p) => p.type === 'GLuint' && p.form?.is !== 'name')
                      .map((p) => `${call.name}.${p.name}`),
        );
        expect(unnamed).toEqual([]);
    });

    test('may have their rules said by name on top of a family', () => {
        const overlay = [
            {
                families: [{ match: /^glIs/, rule: hand }],
                calls: { glIsSync: { params: { sync: names('sync') } } },
            },
        ];
        const calls = buildGlModel({ ...sources, overlay, unwritten: [] }).calls;
        expect(calls.find((call) => call.name === 'glIsSync')?.guest).toBe('hand');
    });
});
