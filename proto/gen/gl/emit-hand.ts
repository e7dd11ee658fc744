// Emits what is written by hand against: guest/gl_hand.h for the shim, host/gl_hand.h for the engine, and
// guest/egl_hand.h and guest/glx_hand.h, whose calls never cross as they are.

import { banner, wrapList } from '../cpp.ts';
import { glCalls, parameters, prototype, recorded } from './cpp.ts';
import { remoteCalls } from './emit-stubs.ts';
import type { GlCall, GlModel } from './model.ts';

const author = 'proto/gen/gl/emit-hand.ts';

export function emitGuestHand(model: GlModel): string {
    const calls = glCalls(model);
    const context = ['Context& context'];
    const byHand = calls.filter((call) => call.guest !== 'generated');
    const tracked = calls.filter((call) => call.guest === 'generated' && call.gl.rule.track === true);
    return (
        banner('proto/spec/gl', author) +
        '// What the shim writes by hand. `hand` does the whole call. `track` hears of a call ' +
        'before its record ' +
        'is sent,\n// and answers false where nothing is to be sent. `remote` is the record alone, ' +
        'for hand ' +
        'functions that need the\n// host. What proto/spec/gl/unwritten.txt lists is declared and ' +
        'not there ' +
        'yet.\n' +
        '#pragma once\n#include "gl/types.h"\n\nnamespace guest::gl {\n\nclass Context;\n\n' +
        `namespace hand {\n\n${byHand.map((call) => prototype(call, call.name, context, ';')).join('')}\n` +
        '}  // namespace hand\n\nnamespace track {\n\n' +
        tracked
            .map((call) => wrapList(`bool ${call.name}(`, [...context, ...parameters(call)], ');'))
            .join('') +
        '\n}  // namespace track\n\nnamespace remote {\n\n' +
        remoteCalls(model)
            .map((call) => prototype(call, call.name, context, ';'))
            .join('') +
        '\n}  // namespace remote\n\n}  // namespace guest::gl\n'
    );
}

export function emitHostHand(model: GlModel): string {
    const declarations = recorded(model)
        .filter((call) => call.host === 'hand')
        .map((call) => {
            const params = [
                'GlExecutor& executor',
                'const wire::RecordHeader& header',
                `const wire::${call.name}_Request& request`,
                'ReplySink& sink',
            ];
            return wrapList(`void ${call.name}(`, params, ');');
        });
    return (
        banner('proto/spec/gl', author) +
        '// What the engine writes by hand of OpenGL: the generated handler has decoded the record and ' +
        'checked the sizes\n// of its arrays. What proto/spec/gl/unwritten.txt lists is declared and not ' +
        'there yet.\n' +
        '#pragma once\n#include "wire/gl_codec.h"\n#include "wire/record.h"\n\n' +
        'namespace engine {\n\nclass GlExecutor;\nclass ReplySink;\n\nnamespace gl::hand {\n\n' +
        `${declarations.join('')}\n}  // namespace gl::hand\n\n}  // namespace engine\n`
    );
}

function windowCalls(model: GlModel, api: 'glx' | 'egl'): GlCall[] {
    return model.calls.filter((call) => call.gl.api === api);
}

export function emitEglHand(model: GlModel): string {
    return (
        banner('proto/spec/gl/egl.txt', author) +
        '// The calls of EGL as the shim writes them.\n' +
        '#pragma once\n#include "gl/types.h"\n\nnamespace guest::egl {\n\n' +
        windowCalls(model, 'egl')
            .map((call) => prototype(call, call.name, [], ';'))
            .join('') +
        '\n}  // namespace guest::egl\n'
    );
}

/** GLX types that are numbers of X, or structures nobody looks into. */
const glxTypes =
    'using GLXContextID = XID;\nusing GLXDrawable = XID;\nusing GLXFBConfigID = XID;\n' +
    'using GLXPbuffer = XID;\n' +
    'using GLXPbufferSGIX = XID;\nusing GLXPixmap = XID;\nusing GLXWindow = XID;\n' +
    'using GLXFBConfigIDSGIX = XID;\n' +
    'using GLXContext = struct __GLXcontextRec*;\nusing GLXFBConfig = struct __GLXFBConfigRec*;\n' +
    'using GLXFBConfigSGIX = GLXFBConfig;\nusing __GLXextFuncPtr = void (*)();\n';

export function emitGlxHand(model: GlModel): string {
    return (
        banner('proto/spec/gl/glx.txt', author) +
        '// The calls of GLX as the shim writes them.\n' +
        '#pragma once\n#include <X11/Xlib.h>\n#include <X11/Xutil.h>\n\n#include <cstdint>\n\n' +
        `#include "gl/types.h"\n\n${glxTypes}\nnamespace guest::glx {\n\n` +
        windowCalls(model, 'glx')
            .map((call) => prototype(call, call.name, [], ';'))
            .join('') +
        '\n}  // namespace guest::glx\n'
    );
}

/** `FERRY_GLX(name)` or `FERRY_EGL(name)` for each call and each other name of one, sorted. */
export function emitWindowNames(model: GlModel, api: 'glx' | 'egl'): string {
    const macro = `FERRY_${api.toUpperCase()}`;
    const lines = windowCalls(model, api).flatMap((call) =>
        [call.name, ...call.gl.registry.aliases].map((name) => `${macro}("${name}", ${call.name})\n`),
    );
    return (
        banner(`proto/spec/gl/${api}.txt`, author) +
        `// ${macro}(name, call), sorted by name.\n${lines.sort().join('')}`
    );
}
