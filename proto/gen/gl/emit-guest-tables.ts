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

export function emitExports(model: GlModel): string {
    const bodies = glCalls(model).flatMap((call) =>
        namesOf(call).map((name) => {
            const { returns } = call.gl.registry;
            const forward = wrapList(
                `${returns === 'void' ? '' : 'return '}guest::gl::stub::${call.name}(`,
                names(call),
                ');',
                '    ',
            );
            return `${wrapList(`FERRY_GL_EXPORT ${returns} ${name}(`, parameters(call), ') {')}${forward}}\n`;
        }),
    );
    return (
        banner('proto/spec/gl', author) +
        '// The symbols of libGL, libOpenGL and libGLESv2, for programs whose library is preloaded.\n' +
        '#include "guest/gl_stubs.h"\n\n' +
        '#define FERRY_GL_EXPORT extern "C" __attribute__((visibility("default")))\n\n' +
        bodies.join('')
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
