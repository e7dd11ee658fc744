// Emits what every unit of OpenGL includes: gl/types.h, gl/enums.h and gl/binding.h. They stand in for the
// vendor's headers, and must not meet them in one unit.

import { glBindings } from '../../spec/gl/rules.ts';
import { banner } from '../cpp.ts';
import type { GlModel } from './model.ts';

const author = 'proto/gen/gl/emit-types.ts';

const scalars: readonly (readonly [string, string])[] = [
    ['GLenum', 'unsigned int'],
    ['GLbitfield', 'unsigned int'],
    ['GLboolean', 'unsigned char'],
    ['GLbyte', 'signed char'],
    ['GLubyte', 'unsigned char'],
    ['GLchar', 'char'],
    ['GLcharARB', 'char'],
    ['GLshort', 'short'],
    ['GLushort', 'unsigned short'],
    ['GLint', 'int'],
    ['GLuint', 'unsigned int'],
    ['GLsizei', 'int'],
    ['GLhandleARB', 'unsigned int'],
    ['GLfixed', 'std::int32_t'],
    ['GLclampx', 'std::int32_t'],
    ['GLfloat', 'float'],
    ['GLclampf', 'float'],
    ['GLdouble', 'double'],
    ['GLclampd', 'double'],
    ['GLintptr', 'std::int64_t'],
    ['GLsizeiptr', 'std::int64_t'],
    ['GLint64', 'std::int64_t'],
    ['GLuint64', 'std::uint64_t'],
    ['GLeglImageOES', 'void*'],
    ['GLsync', 'struct __GLsync*'],
    ['EGLint', 'std::int32_t'],
    ['EGLBoolean', 'unsigned int'],
    ['EGLenum', 'unsigned int'],
    ['EGLAttrib', 'std::intptr_t'],
    ['EGLAttribKHR', 'std::intptr_t'],
    ['EGLTime', 'std::uint64_t'],
    ['EGLTimeKHR', 'std::uint64_t'],
    ['EGLuint64KHR', 'std::uint64_t'],
    ['EGLuint64', 'std::uint64_t'],
    ['EGLDisplay', 'void*'],
    ['EGLConfig', 'void*'],
    ['EGLContext', 'void*'],
    ['EGLSurface', 'void*'],
    ['EGLImage', 'void*'],
    ['EGLImageKHR', 'void*'],
    ['EGLSync', 'void*'],
    ['EGLSyncKHR', 'void*'],
    ['EGLDeviceEXT', 'void*'],
    ['EGLClientBuffer', 'void*'],
    ['EGLLabelKHR', 'void*'],
    ['EGLObjectKHR', 'void*'],
    // Those of X11 on every platform: pointers and XIDs are what programs pass.
    ['EGLNativeDisplayType', 'void*'],
    ['EGLNativePixmapType', 'unsigned long'],
    ['EGLNativeWindowType', 'unsigned long'],
];

export function emitTypes(): string {
    const lines = scalars.map(([name, type]) => `using ${name} = ${type};\n`);
    return (
        banner('proto/spec/gl', author) +
        '// The scalar types of OpenGL and EGL. Never in one unit with the headers of a vendor.\n' +
        '#pragma once\n#include <cstdint>\n\n' +
        `${lines.join('')}` +
        'using GLDEBUGPROC = void (*)(GLenum source, GLenum type, GLuint id, GLenum severity, ' +
        'GLsizei length,\n' +
        '                             const GLchar* message, const void* userParam);\n' +
        'using EGLDEBUGPROCKHR = void (*)(EGLenum error, const char* command, EGLint message_type, ' +
        'EGLLabelKHR thread,\n' +
        '                                 EGLLabelKHR object, const char* message);\n' +
        'using __eglMustCastToProperFunctionPointerType = void (*)();\n'
    );
}

/** Constants that are wider than the type of their API. */
const wide = new Set(['GL_TIMEOUT_IGNORED', 'EGL_FOREVER', 'EGL_FOREVER_KHR', 'EGL_FOREVER_NV']);

function constant(name: string, value: bigint): string {
    const type = wide.has(name) ? 'std::uint64_t' : name.startsWith('GL_') ? 'GLenum' : 'int';
    // EGL and GLX write all bits for -1.
    const signed = type === 'int' && value > 0x7fffffffn ? value - 0x100000000n : value;
    const digits = signed < 0n ? String(signed) : `0x${signed.toString(16)}`;
    return `inline constexpr ${type} ${name} = ${digits};\n`;
}

export function emitEnums(model: GlModel): string {
    const fits = (name: string, value: bigint): boolean => wide.has(name) || value <= 0xffffffffn;
    const lines = [...model.constants].filter(([name, value]) => fits(name, value));
    return (
        banner('proto/spec/gl/enums.txt', author) +
        '#pragma once\n#include <cstdint>\n\n#include "gl/types.h"\n\n' +
        lines.map(([name, value]) => constant(name, value)).join('')
    );
}

export function emitBindings(): string {
    const bindings = glBindings.map((binding) => `    ${binding},\n`);
    return (
        banner('proto/spec/gl/rules.ts', author) +
        '#pragma once\n#include <cstdint>\n\nnamespace wire::gl {\n\n' +
        '// The buffer that an offset in a record is into.\n' +
        `enum class Binding : std::uint8_t {\n${bindings.join('')}};\n\n}  // namespace wire::gl\n`
    );
}
