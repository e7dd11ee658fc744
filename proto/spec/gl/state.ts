// State: what the guest shadows when a call sets it, and the getters it answers from there.

import { answer, array, each, type GlChapter, hand, local, track } from './rules.ts';

const one = (type: string) =>
    ({ guest: 'hand', params: { params: array(`size::parameters(pname) * sizeof(${type})`) } }) as const;
const param = (type: string) =>
    ({ guest: 'hand', params: { param: array(`size::parameters(pname) * sizeof(${type})`) } }) as const;

export const state: GlChapter = {
    families: [
        // What the host answers itself: lists of formats, names, the drawable's own.
        {
            match: /^glGet(Boolean|Integer|Integer64|Float|Double)(i_)?v$/,
            rule: { guest: 'hand', host: 'hand', params: { data: answer } },
        },
        { match: /^glIsEnabledi?$|^glGetString|^glGetPointerv$|^glGetInternalformat/, rule: hand },
        {
            match: /^glGet(Tex|Texture|Sampler|(Named)?Buffer|(Named)?Renderbuffer)\w*Parameter/,
            rule: hand,
        },
        { match: /^glGet(Named)?Framebuffer\w*Parameteriv$/, rule: { guest: 'hand', host: 'hand' } },
        { match: /^glGet(Light|Material|Clip|TexEnv|TexGen|Multisample)/, rule: hand },
        { match: /^glGet(Vertex)(Attrib|Array)/, rule: hand },
        { match: /^glGetMap|^glGetnMap/, rule: { guest: 'hand', host: 'hand', params: { v: answer } } },
        { match: /^glCheck(Named)?FramebufferStatus$/, rule: hand },
        { match: /^gl(En|Dis)ablei?$/, rule: hand },
        { match: /^gl(Push|Pop)(Client)?Attrib$/, rule: hand },
        { match: /^gl(Viewport|Scissor|DepthRange)/, rule: track },
        { match: /^gl(Blend(Func|Equation|Color)|Stencil(Func|Mask|Op)|Depth(Func|Mask))/, rule: track },
        { match: /^gl(AlphaFunc|(Color|Index)Mask|LogicOp|CullFace|FrontFace)/, rule: track },
        { match: /^gl(Polygon(Mode|Offset)|Point(Size|Parameter)|Line(Width|Stipple))/, rule: track },
        { match: /^gl(Clear(Color|Depth|Stencil|Index|Accum)|Hint|ShadeModel|ActiveTexture)/, rule: track },
        { match: /^gl(SampleCoverage|SampleMask|MinSampleShading)/, rule: track },
        {
            match: /^gl(Fog|LightModel|Light|Material|TexEnv|TexGen|ClipPlane|ColorMaterial)/,
            rule: track,
        },
        { match: /^gl(Tex|Texture|Sampler)Parameter/, rule: track },
        { match: /^gl(PatchParameter|ClampColor|ProvokingVertex|ClipControl)/, rule: track },
        {
            match: /^gl(Named)?Framebuffer(Texture|Renderbuffer|Parameter)/,
            rule: { track: true, host: 'hand' },
        },
        { match: /^gl(Named)?RenderbufferStorage/, rule: track },
        // Outside glBegin, which the guest knows of, they can only succeed.
        { match: /^glClear(Color|Depthf?|Stencil|Index|Accum)$/, rule: { neverFails: true } },
    ],
    calls: {
        // What is pushed of the pixel store is the guest's alone.
        glPushClientAttrib: { guest: 'hand', host: 'hand' },
        glPopClientAttrib: { guest: 'hand', host: 'hand' },
        glGetError: local,
        glGetString: local,
        glGetStringi: local,
        glGetPointerv: local,
        glGetVertexAttribPointerv: local,
        glGetVertexArrayiv: param('GLint'),
        glGetVertexArrayIndexediv: param('GLint'),
        glGetVertexArrayIndexed64iv: param('GLint64'),
        ...each(['glGetVertexAttribfv'], one('GLfloat')),
        ...each(['glGetVertexAttribdv', 'glGetVertexAttribLdv'], one('GLdouble')),
        ...each(['glGetVertexAttribiv', 'glGetVertexAttribIiv', 'glGetVertexAttribIuiv'], one('GLint')),
        ...each(
            [
                'glGetNamedBufferParameteriv',
                'glGetNamedRenderbufferParameteriv',
                'glGetTextureParameteriv',
                'glGetTextureParameterIiv',
                'glGetTextureParameterIuiv',
                'glGetTextureLevelParameteriv',
            ],
            one('GLint'),
        ),
        ...each(['glGetTextureParameterfv', 'glGetTextureLevelParameterfv'], one('GLfloat')),
        glGetNamedBufferParameteri64v: one('GLint64'),
        glGetNamedFramebufferParameteriv: { ...param('GLint'), host: 'hand' },
        glGetNamedFramebufferAttachmentParameteriv: { ...one('GLint'), host: 'hand' },
        ...each(['glTextureParameterIiv', 'glTextureParameterIuiv'], {
            params: { params: array('size::parameters(pname) * sizeof(GLint)') },
        }),
        glTextureParameteriv: { params: { param: array('size::parameters(pname) * sizeof(GLint)') } },
        glTextureParameterfv: { params: { param: array('size::parameters(pname) * sizeof(GLfloat)') } },
        glViewportArrayv: { params: { v: array('size::array(count, 4 * sizeof(GLfloat))') } },
        glScissorArrayv: { params: { v: array('size::array(count, 4 * sizeof(GLint))') } },
        glDepthRangeArrayv: { params: { v: array('size::array(count, 2 * sizeof(GLdouble))') } },
        // Color tables, convolution, histograms: GL_ARB_imaging is not offered.
        ...each(
            [
                'glGetnColorTable',
                'glGetnConvolutionFilter',
                'glGetnHistogram',
                'glGetnMinmax',
                'glGetnSeparableFilter',
            ],
            local,
        ),
        glGetGraphicsResetStatus: hand,
        ...each(['glEGLImageTargetTexture2DOES', 'glEGLImageTargetRenderbufferStorageOES'], local),
    },
};
