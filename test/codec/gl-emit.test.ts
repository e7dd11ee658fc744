// What is generated for eleven calls of OpenGL, each the exemplar of a shape: a change of an emitter shows as
// ten lines here instead of ten thousand in build/gen.

import { expect, test } from 'vitest';

import { buildGlModel } from '../../proto/gen/gl/model.ts';
import { emitGl } from '../../proto/gen/gl/outputs.ts';
import { readGlSources } from '../../proto/gen/gl/sources.ts';
import { root } from './toolchain.ts';

/** As it is when everything by hand has been written. */
const outputs = emitGl(buildGlModel({ ...readGlSources(root), unwritten: [] }));
const files = ['build/gen/wire/gl_codec.h', 'build/gen/guest/gl_stubs_', 'build/gen/host/gl_handlers_'];

/** Whether a top-level block of generated C++ is of the call: message, codec, stub or handler. */
function isOf(block: string, name: string): boolean {
    const structure = new RegExp(`^struct ${name}_(Request|Reply) `, 'm');
    const codec = new RegExp(`^(void|inline bool) (encode|decode)\\(.* ${name}_(Request|Reply)&`, 'm');
    const body = new RegExp(`^[\\w*]+( [\\w*]+)? (run_)?${name}\\(`, 'm');
    return [structure, codec, body].some((pattern) => pattern.test(block));
}

function excerpt(name: string): string {
    const ledger = outputs.find((output) => output.path === 'proto/ledger/gl.txt')?.text.split('\n') ?? [];
    const parts = files.map((file) => {
        const text = outputs.filter((output) => output.path.startsWith(file)).map((output) => output.text);
        const blocks = text.join('').split(/(?<=^\}\n|^\};\n)/m);
        const wanted = blocks.filter((block) => isOf(block, name)).map((block) => block.replace(/^\n+/, ''));
        return `\n==== ${file.replace('build/gen/', '').replace(/_$/, '')}\n${wanted.join('')}`;
    });
    return `${ledger.find((line) => line.split(' ')[1] === name)}\n${parts.join('')}`;
}

test.each([
    ['appended, of scalars', 'glDepthBoundsEXT'],
    ['tracked, with an array that is counted', 'glUniform4fv'],
    ['tracked, sized by an enumerant', 'glTexEnvfv'],
    ['with a text', 'glBindAttribLocation'],
    ['with names in an array', 'glAreTexturesResident'],
    ['a making of objects by hand in the guest', 'glCreateTextures'],
    ['an end of objects by hand in the guest', 'glDeleteSync'],
    ['a draw by an offset', 'glDrawElements'],
    ['an image by hand in the guest', 'glTexSubImage2D'],
    ['asked, with a text in the reply', 'glGetActiveUniformBlockName'],
    ['by hand on both ends, with a wire form of its own', 'glShaderSource'],
])('a call that is %s: %s', async (_shape, name) => {
    await expect(excerpt(name)).toMatchFileSnapshot(`snapshots/gl/${name}.txt`);
});
