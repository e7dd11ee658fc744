// C++ spelling of the model: types, literals, headers, wrapped comments and argument lists. Used by every
// emitter of C++; the only place that knows where a namespace goes.

import type { Api, WireField } from './model.ts';

export const columns = 110;

const scalarTypes: Readonly<Record<string, string>> = {
    u8: 'std::uint8_t',
    u16: 'std::uint16_t',
    u32: 'std::uint32_t',
    u64: 'std::uint64_t',
    i8: 'std::int8_t',
    i16: 'std::int16_t',
    i32: 'std::int32_t',
    i64: 'std::int64_t',
    f32: 'float',
    f64: 'double',
    handle: 'Handle',
    bytes: 'std::span<const std::byte>',
    text: 'std::span<const std::byte>',
};

export function fieldType(field: WireField): string {
    return scalarTypes[field.type] as string;
}

/** `const CUuuid*` becomes `const abi::CUuuid*`; types of the language stay as they are. */
export function qualified(cType: string): string {
    return cType.replace(/\b(CU\w+|cuuint(?:32|64)_t)/g, 'abi::$1').replace(/\bsize_t\b/g, 'std::size_t');
}

export function prototype(api: Api): string {
    return api.params.map((p) => p.cType).join(', ');
}

export function hex(id: number): string {
    return `0x${id.toString(16).padStart(4, '0')}`;
}

/** The first line of a generated file: which program wrote it, and from what. */
export function banner(from: string, by: string, comment = '//'): string {
    return `${comment} Generated from ${from} by ${by}; edit the former.\n`;
}

export function wrapComment(text: string, indent = ''): string {
    const width = columns - indent.length - 3;
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
        if (line !== '' && line.length + 1 + word.length > width) {
            lines.push(line);
            line = word;
        } else {
            line = line === '' ? word : `${line} ${word}`;
        }
    }
    lines.push(line);
    return lines.map((l) => `${indent}// ${l}\n`).join('');
}

/** `head(a, b, c)tail`, broken after commas and indented by four more where it would pass the last column. */
export function wrapList(head: string, items: readonly string[], tail: string, indent = ''): string {
    const flat = `${indent}${head}${items.join(', ')}${tail}`;
    if (flat.length <= columns) return `${flat}\n`;
    const lines: string[] = [];
    let line = `${indent}${head}`;
    items.forEach((item, index) => {
        const piece = index + 1 < items.length ? `${item},` : `${item}${tail}`;
        const fresh = line.trim() === '' || line.endsWith('(') || line.endsWith('{');
        const joined = `${line}${fresh ? '' : ' '}${piece}`;
        if (joined.length <= columns) {
            line = joined;
        } else {
            lines.push(line);
            line = `${indent}    ${piece}`;
        }
    });
    lines.push(line);
    return `${lines.join('\n')}\n`;
}
