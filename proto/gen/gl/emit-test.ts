// Emits test/gl_rows.h, from which random records of OpenGL are made, and test/gl_messages.h for test/codec:
// one message for each shape that records and replies have, for encoding and decoding know no more of a
// message than the types of its fields. All of them would take a compiler with sanitizers minutes.

import { banner, hex } from '../cpp.ts';
import { emitMessagesOf } from '../emit-test.ts';
import type { Message } from '../model.ts';
import { recorded } from './cpp.ts';
import type { GlModel } from './model.ts';

/** The longest message of each shape; fields of one type in a row are one part of it. */
export function glShapes(model: GlModel): Message[] {
    const shapes = new Map<string, Message>();
    for (const message of recorded(model).flatMap((call) => [call.request, call.reply])) {
        if (message === undefined) continue;
        const types = message.fields.map((field) => `${field.type} ${field.limit ?? ''}`);
        const shape = types.filter((type, index) => type !== types[index - 1]).join(',');
        const known = shapes.get(shape);
        if (known === undefined || known.fields.length < message.fields.length) shapes.set(shape, message);
    }
    return [...shapes.values()];
}

export function emitGlMessages(model: GlModel): string {
    return emitMessagesOf(glShapes(model), 'wire/gl_codec.h', 'gl_messages');
}

/** Every record by its fields, and every value that an enumerant of GL's has. */
export function emitGlRows(model: GlModel): string {
    const rows = recorded(model)
        .filter((call) => call.gl.api === 'gl')
        .map((call) => {
            const fields = (call.request?.fields ?? []).map((field) => `${field.type} ${field.name}`);
            return `    {${hex(call.id)}, "${call.name}", "${fields.join(',')}"},\n`;
        });
    const values = new Set([...model.constants.values()].filter((value) => value >= 0n && value < 0x10000n));
    return (
        banner('proto/spec/gl', 'proto/gen/gl/emit-test.ts') +
        '#pragma once\n#include <cstdint>\n\nnamespace gl_rows {\n\n' +
        '// `fields`: type and name of each, between commas.\n' +
        'struct Row {\n    std::uint16_t id;\n    const char* name;\n    const char* fields;\n};\n\n' +
        `inline constexpr Row kRows[] = {\n${rows.join('')}};\n\n` +
        `inline constexpr std::uint32_t kEnums[] = {${[...values].join(', ')}};\n\n}  // namespace gl_rows\n`
    );
}
