// Emits what both ends include: wire/call_id.h, wire/codec.h and wire/limits.h.

import { createHash } from 'node:crypto';

import { banner, fieldType, hex, wrapComment } from './cpp.ts';
import type { Call, Message, Model, WireField } from './model.ts';

/** A digest of what two ends must agree on, and of nothing else; compared at Open and Hello. */
export function specHash(model: Pick<Model, 'calls' | 'limits'>, wireVersion: number): string {
    const show = (message: Message | undefined): string =>
        (message?.fields ?? []).map((f) => `${f.name}:${f.type}:${f.kind ?? ''}:${f.limit ?? ''}`).join(',');
    const records = model.calls.map((c) => `${c.id} ${c.name} ${show(c.request)} ${show(c.reply)}`);
    const numbers = Object.entries(model.limits).map(([name, limit]) => `${name}=${limit.value}`);
    const text = [String(wireVersion), ...records, ...numbers].join('\n');
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export function emitCallId(calls: readonly Call[], hash: string): string {
    return (
        banner('proto/spec', 'proto/gen/emit-wire.ts') +
        '#pragma once\n#include <cstddef>\n#include <cstdint>\n#include <string_view>\n\n' +
        'namespace wire {\n\n' +
        `inline constexpr std::string_view kSpecHash = "${hash}";\n\n` +
        `${callTables(calls, { type: 'CallId', constant: 'kCall', named: 'call' })}\n}  // namespace wire\n`
    );
}

/** An enumeration of calls, their names, and their places in tables with one entry per call. */
export function callTables(
    calls: readonly Call[],
    names: { readonly type: string; readonly constant: string; readonly named: string },
): string {
    const { type, constant, named } = names;
    const ids = calls.map((call) => `    ${call.name} = ${hex(call.id)},\n`).join('');
    const texts = calls
        .map((call) => `        case ${type}::${call.name}: return "${call.name}";\n`)
        .join('');
    const all = calls.map((call) => `    ${type}::${call.name},\n`).join('');
    const places = calls
        .map((call, index) => `        case ${type}::${call.name}: return ${index};\n`)
        .join('');
    return (
        `enum class ${type} : std::uint16_t {\n${ids}};\n\n` +
        `inline constexpr std::size_t ${constant}Count = ${calls.length};\n\n` +
        '// "unknown" for a number no call has: what a guest sends is not trusted to be one.\n' +
        `constexpr std::string_view ${named}_name(${type} call) {\n` +
        `    switch (call) {\n${texts}    }\n    return "unknown";\n}\n\n` +
        '// The place of a call in tables with one entry per call, and what stands there; the count is no ' +
        'call.\n' +
        `inline constexpr ${type} ${constant}s[${constant}Count] = {\n${all}};\n` +
        `constexpr std::size_t ${named}_index(${type} call) {\n` +
        `    switch (call) {\n${places}    }\n    return ${constant}Count;\n}\n`
    );
}

export function emitLimits(model: Model): string {
    const lines = Object.entries(model.limits).map(
        ([name, limit]) =>
            wrapComment(limit.doc) +
            `inline constexpr std::uint64_t ${constantName(name)} = ${limit.value};\n`,
    );
    return (
        banner('proto/spec/limits.ts', 'proto/gen/emit-wire.ts') +
        '#pragma once\n#include <cstdint>\n\nnamespace wire::limits {\n\n' +
        `${lines.join('')}\n}  // namespace wire::limits\n`
    );
}

export function constantName(name: string): string {
    return `k${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

export function emitCodec(model: Model): string {
    const messages = model.calls.flatMap((call) => {
        const id = `CallId::${call.name}`;
        const request = call.request === undefined ? [] : [codecOf(call.request, id, call.doc)];
        return call.reply === undefined ? request : [...request, codecOf(call.reply, id, '')];
    });
    return (
        banner('proto/spec', 'proto/gen/emit-wire.ts') +
        '// One structure per record and per reply payload, with its encoding (Sink is Writer or Measure) ' +
        'and decoding.\n' +
        '// decode() is false for a payload that is too short, has more than padding after its last field, ' +
        'or holds a\n' +
        '// byte string over its limit; spans in a decoded structure point into the payload.\n' +
        '#pragma once\n#include <cstddef>\n#include <cstdint>\n#include <span>\n\n' +
        '#include "wire/call_id.h"\n#include "wire/cursor.h"\n#include "wire/handle.h"\n' +
        '#include "wire/limits.h"\n#include "wire/record.h"\n#include "wire/text.h"\n\nnamespace wire {\n\n' +
        messages.join('\n') +
        '\n}  // namespace wire\n'
    );
}

/** The structure of a message with its encode() and decode(); `more`: further members, a line each. */
export function codecOf(message: Message, id: string, doc: string, more = ''): string {
    const fields = message.fields.map((field) => `    ${fieldType(field)} ${field.name}{};\n`).join('');
    const unused = message.fields.length === 0;
    const writes = message.fields.map((field) => `    sink.${sinkVerb(field)}(message.${field.name});\n`);
    const reads = message.fields.map((f) => `    message.${f.name} = cursor.${cursorVerb(f)};\n`);
    const checks = message.fields.flatMap(fieldChecks);
    const ids = id.slice(0, id.indexOf(':'));
    return (
        (doc === '' ? '' : wrapComment(doc)) +
        `struct ${message.name} {\n    static constexpr ${ids} kId = ${id};\n${more}${fields}};\n` +
        `template <class Sink>\n` +
        `void encode(Sink& sink, const ${message.name}&${unused ? '' : ' message'}) {\n` +
        `${writes.join('')}    sink.pad_to(kRecordAlignment);\n}\n` +
        `inline bool decode(Cursor& cursor, ${message.name}&${unused ? '' : ' message'}) {\n` +
        `${reads.join('')}    cursor.skip_to(kRecordAlignment);\n` +
        `    return ${['cursor.ok() && cursor.remaining() == 0', ...checks].join(' &&\n           ')};\n}\n`
    );
}

function sinkVerb(field: WireField): string {
    if (field.type === 'text') return 'bytes';
    return field.type === 'handle' || field.type === 'bytes' ? field.type : 'scalar';
}

function cursorVerb(field: WireField): string {
    if (field.type === 'handle') return 'handle()';
    if (field.type === 'bytes' || field.type === 'text') return 'bytes()';
    return `scalar<${fieldType(field)}>()`;
}

function fieldChecks(field: WireField): string[] {
    if (field.limit === undefined) return [];
    const within = `message.${field.name}.size() <= limits::${constantName(field.limit)}`;
    return field.type === 'text' ? [within, `is_text(message.${field.name})`] : [within];
}
