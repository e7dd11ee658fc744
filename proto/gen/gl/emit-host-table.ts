// Emits host/gl_table.h: the seam to an OpenGL driver, one pointer a call, and how a loader fills it.

import { banner, wrapList } from '../cpp.ts';
import { glCalls } from './cpp.ts';
import { namesOf } from './emit-guest-tables.ts';
import type { GlCall, GlModel } from './model.ts';

const author = 'proto/gen/gl/emit-host-table.ts';

/** Calls of OpenGL up to here are in every driver that can be used at all. */
const requiredUpTo = 3;

export function isRequired(call: GlCall): boolean {
    const { versions } = call.gl.registry;
    return versions.some((version) => /^gl\d/.test(version) && Number(version.slice(2)) <= requiredUpTo);
}

export function emitGlTable(model: GlModel): string {
    const calls = glCalls(model);
    const members = calls.map((call) => {
        const types = call.gl.params.map((param) => param.type);
        return wrapList(`${call.gl.registry.returns} (*${call.name})(`, types, ') = nullptr;', '    ');
    });
    const symbols = calls.map((call) => {
        const listed = namesOf(call).join('\\0');
        return `    {"${listed}\\0", offsetof(GlTable, ${call.name}), ${isRequired(call)}},\n`;
    });
    return (
        banner('proto/spec/gl', author) +
        '// The seam to an OpenGL driver. Only required entries are sure to be there; the generated ' +
        'handlers ' +
        'look before\n// they call another one, and whoever calls by hand does too.\n' +
        '#pragma once\n#include <cstddef>\n\n#include "gl/types.h"\n\nnamespace device {\n\n' +
        `struct GlTable {\n${members.join('')}};\n\n` +
        'struct GlSymbol {\n    // The names of the call, each with its NUL, and one more NUL after ' +
        'the last.\n' +
        '    const char* names;\n    std::size_t offset;\n    bool required;\n};\n\n' +
        `inline constexpr GlSymbol kGlSymbols[] = {\n${symbols.join('')}};\n\n}  // namespace device\n`
    );
}
