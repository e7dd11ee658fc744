// The normalised form of the specification: what each call is called, who writes each end, and what its
// record and reply hold. Every emitter reads only this; nothing here knows C++ or TypeScript syntax.

import type { Field, Param, Row, Scalar } from '../spec/dsl.ts';
import { handleKinds, type HandleKind } from '../spec/handles.ts';
import type { Specification } from '../spec/index.ts';
import type { LimitName } from '../spec/limits.ts';

export interface WireField {
    readonly name: string;
    readonly type: Scalar | 'handle' | 'bytes' | 'text';
    readonly kind?: HandleKind | 'any';
    readonly limit?: LimitName;
}

export interface Message {
    /** `<call>_Request` or `<call>_Reply`. */
    readonly name: string;
    readonly fields: readonly WireField[];
}

export interface ModelParam {
    readonly name: string;
    readonly param: Param;
    /** C type in vendor spelling, pointers included. */
    readonly cType: string;
    /** The field that carries it, when one does. */
    readonly field?: string;
}

export type GuestSide = 'generated' | 'hand' | 'local' | 'forward' | 'none';
export type HostSide = 'generated' | 'hand' | 'none';

export interface Call {
    readonly id: number;
    readonly name: string;
    readonly class: 'local' | 'async' | 'deferred' | 'sync' | 'host' | 'device';
    readonly guest: GuestSide;
    readonly host: HostSide;
    readonly request?: Message;
    readonly reply?: Message;
    /** Null for session records, and for calls of OpenGL. */
    readonly api: Api | null;
    readonly doc: string;
}

export interface Api {
    readonly file: string;
    readonly block: number;
    /** What cuGetProcAddress knows it by. */
    readonly base: string;
    readonly params: readonly ModelParam[];
    readonly row: Row;
    /** Whether every driver must have the symbol. */
    readonly required: boolean;
}

export interface Model {
    readonly calls: readonly Call[];
    readonly byName: ReadonlyMap<string, Call>;
    readonly limits: Specification['limits'];
}

export function buildModel(specification: Specification): Model {
    const calls: Call[] = [];
    for (const [name, row] of Object.entries(specification.session)) {
        calls.push({
            id: row.id,
            name,
            class: row.class,
            guest: 'hand',
            host: 'hand',
            request: message(`${name}_Request`, row.wire.request),
            ...(row.wire.reply === undefined ? {} : { reply: message(`${name}_Reply`, row.wire.reply) }),
            api: null,
            doc: row.doc,
        });
    }
    for (const chapter of specification.chapters) {
        for (const [name, row] of Object.entries(chapter.rows)) {
            calls.push(apiCall(name, row, chapter.file, chapter.block));
        }
    }
    calls.sort((left, right) => left.id - right.id);
    return { calls, byName: new Map(calls.map((call) => [call.name, call])), limits: specification.limits };
}

function apiCall(name: string, row: Row, file: string, block: number): Call {
    const stays = ['local', 'host', 'device'].includes(row.flow.class);
    const travels = row.via === undefined && row.sends === undefined && !stays;
    const messages: { request?: Message; reply?: Message } = travels ? rowMessages(name, row) : {};
    const fields = [...(messages.request?.fields ?? []), ...(messages.reply?.fields ?? [])];
    const carried = new Set(fields.map((f) => f.name));
    const params = Object.entries(row.params).map(([paramName, param]): ModelParam => {
        const fieldName = row.wire === undefined ? fieldNameOf(paramName, param) : undefined;
        const cType = cTypeOf(param);
        const base = { name: paramName, param, cType };
        return fieldName !== undefined && carried.has(fieldName) ? { ...base, field: fieldName } : base;
    });
    const host = travels ? (row.hand === 'host' || row.hand === 'both' ? 'hand' : 'generated') : 'none';
    return {
        id: row.id,
        name,
        class: row.flow.class,
        guest: guestSide(row),
        host,
        ...messages,
        api: {
            file,
            block,
            base: name.replace(/_v\d+$/, ''),
            params,
            row,
            required: row.driver === 'required',
        },
        doc: row.doc,
    };
}

function guestSide(row: Row): GuestSide {
    if (row.flow.class === 'host' || row.flow.class === 'device') return 'none';
    if (row.via !== undefined) return 'forward';
    if (row.flow.class === 'local') return 'local';
    return row.hand === 'guest' || row.hand === 'both' ? 'hand' : 'generated';
}

function rowMessages(name: string, row: Row): { request: Message; reply?: Message } {
    if (row.wire !== undefined) {
        const request = message(`${name}_Request`, row.wire.request);
        return row.wire.reply === undefined
            ? { request }
            : { request, reply: message(`${name}_Reply`, row.wire.reply) };
    }
    const params = Object.entries(row.params);
    const lengths = new Set(params.flatMap(([, param]) => (param.is === 'bytesIn' ? [param.size] : [])));
    const request: WireField[] = [];
    const reply: WireField[] = [];
    for (const [paramName, param] of params) {
        if (lengths.has(paramName)) continue;
        const field = paramField(paramName, param);
        if (field !== undefined) (param.is === 'out' ? reply : request).push(field);
    }
    const requestMessage = { name: `${name}_Request`, fields: request };
    return reply.length === 0
        ? { request: requestMessage }
        : { request: requestMessage, reply: { name: `${name}_Reply`, fields: reply } };
}

/** A record or payload with a field for each of `fields`. */
export function message(name: string, fields: Readonly<Record<string, Field>>): Message {
    return {
        name,
        fields: Object.entries(fields).map(([fieldName, field]): WireField => {
            if (field.is === 'scalar') return { name: fieldName, type: field.wire };
            if (field.is === 'handle') return { name: fieldName, type: 'handle', kind: field.kind };
            return { name: fieldName, type: field.is, limit: field.limit };
        }),
    };
}

function fieldNameOf(paramName: string, param: Param): string | undefined {
    if (param.is === 'raw') return undefined;
    return param.field ?? paramName;
}

function paramField(paramName: string, param: Param): WireField | undefined {
    const name = fieldNameOf(paramName, param);
    if (name === undefined) return undefined;
    switch (param.is) {
        case 'scalar':
        case 'out':
            return { name, type: param.wire };
        case 'handle':
        case 'created':
        case 'destroyed':
            return { name, type: 'handle', kind: param.kind };
        case 'bytesIn':
            return { name, type: 'bytes', limit: param.limit };
        case 'text':
            return { name, type: 'text', limit: param.limit };
        case 'raw':
            return undefined;
    }
}

function cTypeOf(param: Param): string {
    switch (param.is) {
        case 'scalar':
        case 'raw':
            return param.c;
        case 'out':
            return `${param.c}*`;
        case 'handle':
        case 'destroyed':
            return handleKinds[param.kind];
        case 'created':
            return `${handleKinds[param.kind]}*`;
        case 'bytesIn':
            return 'const void*';
        case 'text':
            return 'const char*';
    }
}
