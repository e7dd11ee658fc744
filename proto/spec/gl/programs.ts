// Shaders and programs: sources travel joined, reflection is fetched once at link and answered in the guest.

import { field } from '../dsl.ts';
import { answer, array, each, type GlChapter, hand, local, names } from './rules.ts';

const text = field.bytes('glDataBytes');

export const programs: GlChapter = {
    families: [
        { match: /^gl(Use|Link|Validate|Compile|Attach|Detach)(Program|Shader)$/, rule: hand },
        {
            match: /^glGet(Active|Attrib|FragData|ProgramResource|Program|Shader|Subroutine|Uniform)/,
            rule: hand,
        },
        {
            match: /^glGet(Attrib|FragData|ProgramResource|Uniform|SubroutineUniform)Location(Index)?$/,
            rule: { guest: 'hand', refused: '-1' },
        },
        { match: /^glGetFragDataIndex$/, rule: { guest: 'hand', refused: '-1' } },
        {
            match: /^glGet(UniformBlock|ProgramResource|Subroutine)Index$/,
            rule: { guest: 'hand', refused: 'GL_INVALID_INDEX' },
        },
        {
            match: /^glGetn?Uniform[a-z]+v$/,
            rule: { guest: 'hand', host: 'hand', params: { params: answer } },
        },
        { match: /^glGetTransformFeedback/, rule: hand },
        { match: /^glBind(Attrib|FragData)Location/, rule: hand },
        { match: /^glUseProgramStages$|^glActiveShaderProgram$|^glProgramParameteri$/, rule: hand },
        { match: /^gl(Uniform|ShaderStorage)BlockBinding$/, rule: hand },
        // Which uniforms a location means changes with the program; the guest knows what was set last.
        { match: /^gl(Program)?Uniform(\d|Matrix)/, rule: { track: true } },
    ],
    calls: {
        glCreateShader: { guest: 'hand', gives: 'program' },
        glCreateProgram: { guest: 'hand', gives: 'program' },
        glDeleteShader: { guest: 'hand', takes: 'program' },
        glDeleteProgram: { guest: 'hand', takes: 'program' },
        glShaderSource: {
            guest: 'hand',
            host: 'hand',
            wire: { request: { shader: field.u32, source: text } },
        },
        // Without what the host puts behind a text.
        glGetShaderSource: { host: 'hand' },
        glGetShaderiv: { host: 'hand' },
        glCreateShaderProgramv: {
            guest: 'hand',
            host: 'hand',
            wire: { request: { type: field.u32, program: field.u32, source: text } },
        },
        // NUL-terminated names, one after the other.
        glTransformFeedbackVaryings: {
            guest: 'hand',
            host: 'hand',
            wire: { request: { program: field.u32, mode: field.u32, count: field.i32, varyings: text } },
        },
        glGetUniformIndices: {
            guest: 'hand',
            host: 'hand',
            wire: {
                request: { program: field.u32, count: field.i32, names: text },
                reply: { indices: text },
            },
        },
        glProgramBinary: { guest: 'hand', params: { binary: array('size::bytes(length)') } },
        glShaderBinary: {
            guest: 'hand',
            params: {
                shaders: names('program', 'size::array(count, 4)'),
                binary: array('size::bytes(length)'),
            },
        },
        glSpecializeShader: {
            guest: 'hand',
            params: {
                pConstantIndex: array('size::array(numSpecializationConstants, 4)'),
                pConstantValue: array('size::array(numSpecializationConstants, 4)'),
            },
        },
        glGetAttachedShaders: { host: 'hand', params: { shaders: answer } },
        glGetAttachedObjectsARB: local,
        ...each(['glGetObjectParameterfvARB', 'glGetObjectParameterivARB', 'glGetInfoLogARB'], local),
        glGetActiveUniformBlockiv: { guest: 'hand', host: 'hand', params: { params: answer } },
        glGetActiveSubroutineUniformiv: { guest: 'hand', host: 'hand', params: { values: answer } },
        glGetActiveUniformsiv: { guest: 'hand', params: { params: array('size::array(uniformCount, 4)') } },
        glGetTransformFeedbackiv: { guest: 'hand', params: { param: array('sizeof(GLint)') } },
        glGetTransformFeedbacki_v: { guest: 'hand', params: { param: array('sizeof(GLint)') } },
        glGetTransformFeedbacki64_v: { guest: 'hand', params: { param: array('sizeof(GLint64)') } },
        glGetUniformSubroutineuiv: { guest: 'hand', host: 'hand', params: { params: answer } },
        glGetProgramBinary: {
            guest: 'hand',
            host: 'hand',
            params: { binary: array('size::bytes(bufSize)') },
        },
        glPatchParameterfv: { params: { values: array('size::parameters(pname) * sizeof(GLfloat)') } },
    },
};
