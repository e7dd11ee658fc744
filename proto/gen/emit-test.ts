// Emits test/messages.h: every record and reply payload with its fields by name, so that the properties of
// the codec are checked for all of them. Included by test/codec/codec_main.cc only.

import { banner } from './cpp.ts';
import { constantName } from './emit-wire.ts';
import type { Message, Model, WireField } from './model.ts';

export function allMessages(model: Model): Message[] {
    return model.calls.flatMap((call) => [call.request, call.reply].filter((m) => m !== undefined));
}

export function emitMessages(model: Model): string {
    return emitMessagesOf(allMessages(model), 'wire/codec.h', 'all_messages');
}

/** The same for messages of `codec`, listed by a function called `list`. */
export function emitMessagesOf(messages: readonly Message[], codec: string, list: string): string {
    const fields = messages.map((message) => {
        const empty = message.fields.length === 0;
        const rows = message.fields.map((field) => `        ${fieldRow(field)},\n`);
        return (
            `inline std::vector<codec_test::Field> fields_of(${message.name}&${empty ? '' : ' message'}) ` +
            `{\n` +
            (empty ? '    return {};\n}\n' : `    return {\n${rows.join('')}    };\n}\n`)
        );
    });
    const makers = messages.map((m) => `        {"${m.name}", make_message<wire::${m.name}>},\n`);
    return (
        banner('proto/spec', 'proto/gen/emit-test.ts') +
        '// Include after codec/message.h, which says what a Field and a MessageKind are.\n' +
        `#pragma once\n#include <vector>\n\n#include "${codec}"\n\nnamespace wire {\n\n` +
        `${fields.join('')}\n}  // namespace wire\n\nnamespace codec_test {\n\n` +
        `inline std::vector<MessageKind> ${list}() {\n    return {\n${makers.join('')}` +
        '    };\n}\n\n}  // namespace codec_test\n'
    );
}

function fieldRow(field: WireField): string {
    const value = `message.${field.name}`;
    if (field.limit !== undefined) {
        const maker = `codec_test::${field.type}_field`;
        return `${maker}("${field.name}", ${value}, limits::${constantName(field.limit)})`;
    }
    return `codec_test::scalar_field("${field.name}", ${value}${field.type === 'handle' ? '.value' : ''})`;
}
