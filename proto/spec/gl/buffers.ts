// Buffers, vertex arrays and draws: what the guest maps, copies out of client memory, or sends as an offset.

import { field } from '../dsl.ts';
import { array, each, type GlChapter, hand, local, nullable, nullableNames, offset } from './rules.ts';

const elements = { indices: offset('element_array') };
const indirect = { indirect: offset('draw_indirect') };
const attribute = { guest: 'hand', params: { pointer: offset('array') } } as const;

export const buffers: GlChapter = {
    families: [
        { match: /^gl(Map|Unmap|FlushMapped)(Named)?Buffer/, rule: local },
        { match: /^glGet(Named)?BufferPointerv$/, rule: local },
        {
            match: /^gl(Vertex|Color|SecondaryColor|Normal|FogCoord|Index|TexCoord|EdgeFlag)Pointer$/,
            rule: attribute,
        },
        { match: /^glVertexAttrib[IL]?Pointer$/, rule: attribute },
        { match: /^glVertexAttrib[IL]?Format$|^glVertexAttribBinding$|^glVertexAttribDivisor$/, rule: hand },
        { match: /^glVertexBindingDivisor$|^gl(En|Dis)ableVertexArrayAttrib$/, rule: hand },
        { match: /^gl(En|Dis)able(ClientState|VertexAttribArray)$|^glClientActiveTexture$/, rule: hand },
        { match: /^glVertexArray/, rule: hand },
        { match: /^glDrawArrays/, rule: hand },
        { match: /^glDraw(Range)?Elements(?!Indirect)/, rule: { guest: 'hand', params: elements } },
        { match: /Indirect(Count)?$/, rule: { guest: 'hand' } },
        { match: /^glCopy(Named)?BufferSubData$|^glInvalidateBuffer/, rule: hand },
        // By these the host writes into buffers: the guest keeps no copy of them.
        {
            match: /^glTex(ture)?Buffer(Range)?$|^glTransformFeedbackBuffer(Base|Range)$/,
            rule: { track: true },
        },
    ],
    calls: {
        ...each(['glBufferData', 'glBufferStorage', 'glNamedBufferData', 'glNamedBufferStorage'], {
            guest: 'hand',
            params: { data: nullable('size::bytes(size)') },
        }),
        ...each(
            ['glBufferSubData', 'glNamedBufferSubData', 'glGetBufferSubData', 'glGetNamedBufferSubData'],
            {
                guest: 'hand',
                params: { data: array('size::bytes(size)') },
            },
        ),
        ...each(
            [
                'glClearBufferData',
                'glClearBufferSubData',
                'glClearNamedBufferData',
                'glClearNamedBufferSubData',
            ],
            { guest: 'hand', params: { data: nullable('size::pixel(format, type)') } },
        ),
        glBindBuffersBase: {
            guest: 'hand',
            params: { buffers: nullableNames('buffer', 'size::array(count, 4)') },
        },
        glBindBuffersRange: {
            guest: 'hand',
            params: {
                buffers: nullableNames('buffer', 'size::array(count, 4)'),
                offsets: nullable('size::array(count, sizeof(GLintptr))'),
                sizes: nullable('size::array(count, sizeof(GLsizeiptr))'),
            },
        },
        // An array that loses its buffer is client memory to GL.
        ...each(
            [
                'glBindVertexBuffer',
                'glVertexArrayVertexBuffer',
                'glVertexAttribBinding',
                'glVertexArrayAttribBinding',
            ],
            { guest: 'hand', host: 'hand' },
        ),
        ...each(['glBindVertexBuffers', 'glVertexArrayVertexBuffers'], {
            guest: 'hand',
            host: 'hand',
            params: {
                buffers: nullableNames('buffer', 'size::array(count, 4)'),
                offsets: nullable('size::array(count, sizeof(GLintptr))'),
                strides: nullable('size::array(count, sizeof(GLsizei))'),
            },
        }),
        ...each(
            [
                'glDrawArraysIndirect',
                'glDrawElementsIndirect',
                'glMultiDrawArraysIndirect',
                'glMultiDrawElementsIndirect',
                'glMultiDrawArraysIndirectCount',
                'glMultiDrawElementsIndirectCount',
            ],
            { guest: 'hand', params: indirect },
        ),
        glMultiDrawArrays: { guest: 'hand', host: 'hand' },
        ...each(['glMultiDrawElements', 'glMultiDrawElementsBaseVertex'], {
            guest: 'hand',
            host: 'hand',
            wire: {
                request: {
                    mode: field.u32,
                    type: field.u32,
                    drawcount: field.i32,
                    // Arrays of drawcount: GLsizei, u64 offsets into the element buffer, GLint or nothing.
                    counts: field.bytes('glDataBytes'),
                    offsets: field.bytes('glDataBytes'),
                    basevertices: field.bytes('glDataBytes'),
                },
            },
        }),
        glInterleavedArrays: local,
        glArrayElement: local,
        glLockArraysEXT: local,
        glUnlockArraysEXT: local,
        glPrimitiveRestartIndex: hand,
    },
};
