// Emits test/gl_messages.h for test/codec: one message of OpenGL for each shape that records and replies
// have, for encoding and decoding know no more of a message than the types of its fields. All of them would
// take a compiler with sanitizers minutes.

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
