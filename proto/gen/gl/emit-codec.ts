// Emits wire/gl_call_id.h, and wire/gl_codec.h: the structure, encoding and decoding of every record and
// reply of OpenGL. Apart from the headers of CUDA, so that no unit of CUDA is compiled longer for it.

import { banner, hex } from '../cpp.ts';
import { callTables, codecOf } from '../emit-wire.ts';
import { recorded } from './cpp.ts';
import type { GlCall, GlModel } from './model.ts';
import { idBlocks } from './registry.ts';

export function emitGlCodec(model: GlModel): string {
    return (
        banner('proto/spec/gl', 'proto/gen/gl/emit-codec.ts') +
        '// As wire/codec.h. kNeverFails: the host cannot set an error for it.\n' +
        '#pragma once\n#include <cstddef>\n#include <cstdint>\n#include <span>\n\n' +
        '#include "wire/gl_call_id.h"\n#include "wire/cursor.h"\n#include "wire/limits.h"\n' +
        '#include "wire/record.h"\n#include "wire/text.h"\n\nnamespace wire {\n\n' +
        recorded(model).flatMap(codecs).join('\n') +
        '\n}  // namespace wire\n'
    );
}

/** The numbers are of one space with those of wire/call_id.h; GLX and EGL have theirs for counters alone. */
export function emitGlCallId(model: GlModel): string {
    const names = { type: 'GlCallId', constant: 'kGlCall', named: 'gl_call' };
    return (
        banner('proto/spec/gl', 'proto/gen/gl/emit-codec.ts') +
        '#pragma once\n#include <cstddef>\n#include <cstdint>\n#include <string_view>\n\n' +
        'namespace wire {\n\n// Numbers below this are those of wire/call_id.h.\n' +
        `inline constexpr std::uint16_t kFirstGlCall = ${hex(idBlocks.gl)};\n\n` +
        `${callTables(model.calls, names)}\n}  // namespace wire\n`
    );
}

function codecs(call: GlCall): string[] {
    const id = `GlCallId::${call.name}`;
    const never = `    static constexpr bool kNeverFails = ${call.gl.rule.neverFails === true};\n`;
    return [
        ...(call.request === undefined ? [] : [codecOf(call.request, id, '', never)]),
        ...(call.reply === undefined ? [] : [codecOf(call.reply, id, '')]),
    ];
}
