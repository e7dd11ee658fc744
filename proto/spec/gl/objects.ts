// Objects by name: making, ending, binding and asking for them. The guest chooses every name.

import {
    answer,
    each,
    type GlChapter,
    type GlKind,
    type GlRules,
    hand,
    local,
    names,
    nullableNames,
} from './rules.ts';

/** The calls that make and end objects of a kind by arrays of names. */
function byName(kind: GlKind, plural: string, create = true): GlRules {
    const made = { guest: 'hand', gives: kind } as const;
    const makers = create ? [`glGen${plural}`, `glCreate${plural}`] : [`glGen${plural}`];
    return {
        ...each(makers, made),
        [`glDelete${plural}`]: { guest: 'hand', takes: kind },
    };
}

const exists = (call: string, param: string, kind: GlKind): GlRules => ({
    [call]: { guest: 'hand', params: { [param]: names(kind) } },
});

export const objects: GlChapter = {
    families: [{ match: /^glBind/, rule: hand }],
    calls: {
        ...byName('buffer', 'Buffers'),
        ...byName('texture', 'Textures'),
        ...byName('framebuffer', 'Framebuffers'),
        ...byName('renderbuffer', 'Renderbuffers'),
        ...byName('sampler', 'Samplers'),
        ...byName('pipeline', 'ProgramPipelines'),
        ...byName('query', 'Queries'),
        ...byName('vertex_array', 'VertexArrays'),
        ...byName('feedback', 'TransformFeedbacks'),
        ...exists('glIsBuffer', 'buffer', 'buffer'),
        ...exists('glIsTexture', 'texture', 'texture'),
        ...exists('glIsFramebuffer', 'framebuffer', 'framebuffer'),
        ...exists('glIsRenderbuffer', 'renderbuffer', 'renderbuffer'),
        ...exists('glIsSampler', 'sampler', 'sampler'),
        ...exists('glIsProgramPipeline', 'pipeline', 'pipeline'),
        ...exists('glIsQuery', 'id', 'query'),
        ...exists('glIsVertexArray', 'array', 'vertex_array'),
        ...exists('glIsTransformFeedback', 'id', 'feedback'),
        ...exists('glIsProgram', 'program', 'program'),
        ...exists('glIsShader', 'shader', 'program'),
        ...exists('glIsList', 'list', 'list'),
        glBindTextures: {
            guest: 'hand',
            params: { textures: nullableNames('texture', 'size::array(count, 4)') },
        },
        glBindImageTextures: {
            guest: 'hand',
            params: { textures: nullableNames('texture', 'size::array(count, 4)') },
        },
        glBindSamplers: {
            guest: 'hand',
            params: { samplers: nullableNames('sampler', 'size::array(count, 4)') },
        },
        // 0 is the framebuffer of the drawable, which the host makes of its own.
        glBindFramebuffer: { guest: 'hand', host: 'hand' },
        // Arrays that were in a buffer have to be looked after.
        glDeleteBuffers: { guest: 'hand', host: 'hand', takes: 'buffer' },
        glDeleteFramebuffers: { guest: 'hand', host: 'hand', takes: 'framebuffer' },
        ...each(['glCheckFramebufferStatus', 'glCheckNamedFramebufferStatus'], {
            guest: 'hand',
            host: 'hand',
        }),
        glTextureView: { guest: 'hand' },
        glObjectLabel: {
            guest: 'hand',
            host: 'hand',
            params: { label: { is: 'counted', length: 'length' } },
        },
        glObjectPtrLabel: {
            guest: 'hand',
            params: { ptr: names('sync'), label: { is: 'counted', length: 'length' } },
        },
        glGetObjectLabel: { guest: 'hand', host: 'hand' },
        glGetObjectPtrLabel: { guest: 'hand', params: { ptr: names('sync') } },
        glPushDebugGroup: { guest: 'hand', params: { message: { is: 'counted', length: 'length' } } },
        glPopDebugGroup: hand,
        glDebugMessageInsert: { guest: 'hand', params: { buf: { is: 'counted', length: 'length' } } },
        glDebugMessageControl: hand,
        glDebugMessageCallback: local,
        // Texts one behind the other; a negative size: the program wants none.
        glGetDebugMessageLog: { guest: 'hand', host: 'hand', params: { messageLog: answer } },
        glDeleteObjectARB: { guest: 'local' },
        glGetHandleARB: local,
    },
};
