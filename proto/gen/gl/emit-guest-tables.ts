// Emits tables of symbols for the guest: guest/gl_proc_table.inc for GetProcAddress, and guest/gl_exports.cc
// and .map for the library that is preloaded.

import { banner, wrapList } from '../cpp.ts';
import { glCalls, names, parameters } from './cpp.ts';
import type { GlCall, GlModel } from './model.ts';

const author = 'proto/gen/gl/emit-guest-tables.ts';

/** Every name of a call, its own first. */
export function namesOf(call: GlCall): string[] {
    return [call.name, ...call.gl.registry.aliases];
}

/** Name and call, sorted as strcmp does. */
export function procEntries(model: GlModel): [string, string][] {
    return glCalls(model)
        .flatMap((call) => namesOf(call).map((name): [string, string] => [name, call.name]))
        .sort(([left], [right]) => (left < right ? -1 : 1));
}

export function emitProcTable(model: GlModel): string {
    const lines = procEntries(model).map(([name, call]) => `FERRY_GL_PROC("${name}", ${call})\n`);
    return (
        banner('proto/spec/gl', author) +
        '// FERRY_GL_PROC(name, function of guest::gl::stub), sorted by name; older names included.\n' +
        lines.join('')
    );
}

/** `extern "C"` functions of these calls' names, which call those of the namespace. */
function exportsOf(calls: readonly GlCall[], space: string, header: string): string {
    const bodies = calls.flatMap((call) =>
        namesOf(call).map((name) => {
            const { returns } = call.gl.registry;
            const forward = wrapList(
                `${returns === 'void' ? '' : 'return '}guest::${space}::${call.name}(`,
                names(call),
                ');',
                '    ',
            );
            return `${wrapList(`FERRY_GL_EXPORT ${returns} ${name}(`, parameters(call), ') {')}${forward}}\n`;
        }),
    );
    return (
        `#include "guest/${header}"\n\n` +
        '#define FERRY_GL_EXPORT extern "C" __attribute__((visibility("default")))\n\n' +
        bodies.join('')
    );
}

export function emitExports(model: GlModel): string {
    return (
        banner('proto/spec/gl', author) +
        '// The symbols of libGL, libOpenGL and libGLESv2, for programs whose library is preloaded.\n' +
        exportsOf(glCalls(model), 'gl::stub', 'gl_stubs.h')
    );
}

/** The same of libGLX or libEGL. */
export function emitWindowExports(model: GlModel, api: 'glx' | 'egl'): string {
    const calls = model.calls.filter((call) => call.gl.api === api);
    return (
        banner(`proto/spec/gl/${api}.txt`, author) +
        `// The symbols of lib${api.toUpperCase()}, for programs whose library is preloaded.\n` +
        exportsOf(calls, api, `${api}_hand.h`)
    );
}

export function emitExportMap(model: GlModel): string {
    const symbols = model.calls.flatMap(namesOf).sort();
    return (
        banner('proto/spec/gl', author, '#') +
        `{\n    global:\n${symbols.map((symbol) => `        ${symbol};\n`).join('')}    local:\n` +
        '        *;\n};\n'
    );
}
