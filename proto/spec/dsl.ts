// The language in which a call is said once: parameter types, wire fields, and call(), which makes the
// compiler check that everything a row names is a parameter of that row. Used by proto/spec/cuda/*.ts and
// session.ts only; proto/gen turns the rows into its model.

import type { HandleKind } from './handles.ts';
import type { LimitName } from './limits.ts';

export type Scalar = 'u8' | 'u16' | 'u32' | 'u64' | 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64';

/** One parameter of a C prototype; `field` is its name on the wire where that differs from the C name. */
export type Param =
    | { readonly is: 'scalar'; readonly c: string; readonly wire: Scalar; readonly field?: string }
    | { readonly is: 'handle' | 'created' | 'destroyed'; readonly kind: HandleKind; readonly field?: string }
    | {
          readonly is: 'out';
          readonly c: string;
          readonly wire: Scalar;
          readonly nullable: boolean;
          readonly field?: string;
      }
    | { readonly is: 'bytesIn'; readonly size: string; readonly limit: LimitName; readonly field?: string }
    | { readonly is: 'text'; readonly limit: LimitName; readonly field?: string }
    | { readonly is: 'raw'; readonly c: string };

/** One field of a record or reply that is written by hand. */
export type Field =
    | { readonly is: 'scalar'; readonly wire: Scalar }
    | { readonly is: 'handle'; readonly kind: HandleKind | 'any' }
    | { readonly is: 'bytes' | 'text'; readonly limit: LimitName };

export type Params = Readonly<Record<string, Param>>;
export type Fields = Readonly<Record<string, Field>>;

/** What a call costs, and where its failure shows; ARCHITECTURE, section 3, says why. */
export type Flow =
    /** Answered in the guest. `needs: 'nothing'` works before cuInit and after the session is lost. */
    | { readonly class: 'local'; readonly needs?: 'session' | 'nothing' }
    /** Appended to the lane; success at once. `order` names the stream parameter that orders it. */
    | { readonly class: 'async'; readonly order?: string; readonly error: 'sticky' | 'nextSync' }
    /** Async, and its output lands in guest memory before anything reports completion of `lands`. */
    | { readonly class: 'deferred'; readonly lands: string }
    /** Seals the lane and waits: for the reply, for a stream parameter, or for the current context. */
    | { readonly class: 'sync'; readonly waits: string }
    /** Called by the engine only: in the driver table, not exported by the shim. */
    | { readonly class: 'host' }
    /** Exported by the software device, and a symbol that a program on Ferry does not find. */
    | { readonly class: 'device' };

export type Guard = 'nonZero' | 'notNull';

/** How a forwarding row fills the parameters of the call it forwards to that it has no namesake for. */
export type Argument = { readonly literal: number } | { readonly from: string } | 'defaultStream' | 'null';

interface RowBase<Name extends string> {
    /** Stable for ever: a removed call keeps its number. Blocks of 256 per manual chapter. */
    readonly id: number;
    /** CUDA version (1000 * major + 10 * minor) at which this ABI of the call appeared. */
    readonly since: number;
    readonly flow: Flow;
    /** The twin that per-thread default streams compile to: ptsz has a stream parameter, ptds none. */
    readonly twin?: 'ptsz' | 'ptds';
    /** Older symbols of the same ABI, with the version at which each appeared. */
    readonly aliases?: Readonly<Record<string, number>>;
    /** Which ends are written by hand. */
    readonly hand?: 'guest' | 'host' | 'both';
    /** The record of another call carries this one: forwarded whole by a generated stub, or sent by hand. */
    readonly via?: { readonly call: string; readonly with: Readonly<Record<string, Argument>> };
    readonly sends?: readonly string[];
    /** Wire form of a hand-written row whose record is not its C parameters. */
    readonly wire?: { readonly request: Fields; readonly reply?: Fields };
    /** The engine refuses a driver without the symbol; without others, calls answer NOT_SUPPORTED. */
    readonly driver?: 'required';
    readonly guard?: Readonly<Partial<Record<Name, Guard>>>;
    readonly charge?: { readonly quota: 'deviceBytes' | 'bytesIn' | 'launches'; readonly by: Name | number };
    readonly fails: Readonly<Record<string, string>>;
    readonly doc: string;
    readonly source: string;
}

/** A row, with `params` in C order. */
export interface Row extends RowBase<string> {
    readonly params: Params;
}

/** Turns a parameter whose size names no sibling into a sentence, so that the row does not compile. */
export type Checked<P extends Params> = {
    readonly [K in keyof P]: P[K] extends { readonly size: infer S extends string }
        ? S extends keyof P
            ? P[K]
            : `no parameter named ${S}`
        : P[K];
};

/** The same for what `flow` orders by, lands in or waits for. */
export type CheckedFlow<P extends Params, F extends Flow> = F extends {
    readonly order: infer S extends string;
}
    ? S extends keyof P
        ? F
        : `no parameter named ${S}`
    : F extends { readonly lands: infer S extends string }
      ? S extends keyof P
          ? F
          : `no parameter named ${S}`
      : F extends { readonly waits: infer S extends string }
        ? S extends keyof P | 'reply' | 'context'
            ? F
            : `no parameter named ${S}`
        : F;

export function call<const P extends Params, const F extends Flow>(
    row: Omit<RowBase<keyof P & string>, 'flow'> & {
        readonly flow: F & CheckedFlow<P, F>;
        readonly params: P & Checked<P>;
    },
): Row {
    return row as unknown as Row;
}

/** A record that is no call of the guest program's API: written by hand on both ends. */
export interface SessionRow {
    readonly id: number;
    readonly class: 'async' | 'sync';
    readonly wire: { readonly request: Fields; readonly reply?: Fields };
    readonly doc: string;
}

export type ScalarParam = Extract<Param, { readonly is: 'scalar' }>;
export const u8: ScalarParam = { is: 'scalar', c: 'unsigned char', wire: 'u8' };
export const u16: ScalarParam = { is: 'scalar', c: 'unsigned short', wire: 'u16' };
export const u32: ScalarParam = { is: 'scalar', c: 'unsigned int', wire: 'u32' };
export const i32: ScalarParam = { is: 'scalar', c: 'int', wire: 'i32' };
export const size: ScalarParam = { is: 'scalar', c: 'size_t', wire: 'u64' };
export const device: ScalarParam = { is: 'scalar', c: 'CUdevice', wire: 'i32' };
export const devicePtr: ScalarParam = { is: 'scalar', c: 'CUdeviceptr', wire: 'u64' };

export const enumOf = (name: string) => ({ is: 'scalar', c: name, wire: 'i32' }) as const satisfies Param;

export const handle = (kind: HandleKind) => ({ is: 'handle', kind }) as const satisfies Param;
/** The guest names the new object; the host binds the driver's to that name. */
export const created = (kind: HandleKind) => ({ is: 'created', kind }) as const satisfies Param;
export const destroyed = (kind: HandleKind) => ({ is: 'destroyed', kind }) as const satisfies Param;

export const f32: ScalarParam = { is: 'scalar', c: 'float', wire: 'f32' };

/** A value the reply brings, stored through the parameter when the call succeeds. */
export const out = (of: ScalarParam, nullable: 'nullable' | 'notNull' = 'notNull') =>
    ({ is: 'out', c: of.c, wire: of.wire, nullable: nullable === 'nullable' }) as const satisfies Param;

/** `size` bytes of guest memory, taken at the call; on the wire the length is part of the bytes. */
export const bytesIn = <const S extends string>(size: S, limit: LimitName) =>
    ({ is: 'bytesIn', size, limit }) as const satisfies Param;
/** A NUL-terminated string; the NUL travels, and a record without it is malformed. */
export const text = (limit: LimitName) => ({ is: 'text', limit }) as const satisfies Param;
/** A parameter without a wire form: only in rows whose guest side is local, by hand, or forwards. */
export const raw = (c: string) => ({ is: 'raw', c }) as const satisfies Param;
/** Gives a parameter another name on the wire. */
export const named = <const P extends Param, const N extends string>(field: N, param: P) =>
    ({ ...param, field }) as P & { readonly field: N };

export const field = {
    u8: { is: 'scalar', wire: 'u8' },
    u16: { is: 'scalar', wire: 'u16' },
    u32: { is: 'scalar', wire: 'u32' },
    u64: { is: 'scalar', wire: 'u64' },
    i32: { is: 'scalar', wire: 'i32' },
    i64: { is: 'scalar', wire: 'i64' },
    f32: { is: 'scalar', wire: 'f32' },
    f64: { is: 'scalar', wire: 'f64' },
    handle: (kind: HandleKind | 'any') => ({ is: 'handle', kind }) as const,
    bytes: (limit: LimitName) => ({ is: 'bytes', limit }) as const,
    text: (limit: LimitName) => ({ is: 'text', limit }) as const,
} as const;

/** The same for calls that the shim answers from what it knows, and the software device likewise. */
export const localRows =
    (source: string) =>
    (...words: Parameters<ReturnType<typeof deviceRows>>): Row => ({
        ...deviceRows(source)(...words),
        flow: { class: 'local' },
    });

/**
 * Rows of class `device` in a few words each: parameters as C types, errors as NVIDIA documents them. What of
 * them crosses Ferry becomes a row of call(), with its wire form.
 */
export const deviceRows =
    (source: string) =>
    (
        id: number,
        since: number,
        params: Readonly<Record<string, string>>,
        doc: string,
        twin?: 'ptsz' | 'ptds',
    ): Row => ({
        id,
        since,
        flow: { class: 'device' },
        params: Object.fromEntries(Object.entries(params).map(([name, c]) => [name, raw(c)])),
        ...(twin === undefined ? {} : { twin }),
        fails: { '*': 'as CUDA documents them' },
        doc,
        source,
    });
