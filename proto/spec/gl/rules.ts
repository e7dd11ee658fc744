// The language in which the overlay says what the Khronos registry does not: who writes each end of a call,
// what crosses, how long an array is. Used by the chapters beside it; proto/gen/gl joins their rules with
// registry.txt and refuses what names no call, no parameter, or leaves a parameter without a form.

import type { Field } from '../dsl.ts';

/** The kinds of object a GL name or a GLsync stands for. Programs and shaders share one name space. */
export const glKinds = [
    'buffer',
    'texture',
    'framebuffer',
    'renderbuffer',
    'sampler',
    'program',
    'pipeline',
    'query',
    'vertex_array',
    'feedback',
    'list',
    'sync',
] as const;
export type GlKind = (typeof glKinds)[number];

/** Buffers that an offset in place of a pointer is into. */
export const glBindings = ['array', 'element_array', 'draw_indirect'] as const;
export type GlBinding = (typeof glBindings)[number];

/**
 * What a parameter is on the wire where the registry does not say, or says it wrongly. A size is a C++
 * expression in bytes over parameters of the call and the functions of proto/gl/sizes.h.
 */
export type ParamRule =
    /** An array, in or out by its constness; `nullable` may be null whatever the size. */
    | { readonly is: 'array'; readonly size: string; readonly nullable?: true }
    /** The name of an object, or an array of them. */
    | { readonly is: 'names'; readonly kind: GlKind; readonly size?: string; readonly nullable?: true }
    /** Text whose length stands in another parameter; negative: it ends with a NUL. */
    | { readonly is: 'counted'; readonly length: string }
    /** An offset into the buffer that is bound there: client memory never crosses as an address. */
    | { readonly is: 'offset'; readonly binding: GlBinding }
    /** An image of the program: tight bytes of that size, or an offset into the unpack buffer. */
    | { readonly is: 'pixels'; readonly size: string; readonly nullable?: true }
    /** An image for the program: bytes of the reply, or an offset into the pack buffer. Both ends by hand. */
    | { readonly is: 'packed' }
    /** An output whose size only the host knows: what the reply brings is what the program gets. */
    | { readonly is: 'answer' }
    /** Nothing of it crosses as it is. */
    | { readonly is: 'raw' };

/** What glGet* and glIsEnabled answer after a call. */
export interface GlSets {
    /** C++ over the parameters and `context`: GL takes the call. Else the state is forgotten. */
    readonly when: string;
    /** By the name of a state: C++ of its values. */
    readonly values: Readonly<Record<string, readonly string[]>>;
    /** The call may stand between glBegin and glEnd. */
    readonly anywhere?: true;
}

export interface GlRule {
    /** `hand`: the stub calls guest::gl::hand. `local`: the same, and the call has no record. */
    readonly guest?: 'hand' | 'local';
    readonly host?: 'hand';
    /** The generated stub first tells guest::gl::track, which may keep the call from being sent. */
    readonly track?: boolean;
    /** The state that the call sets, which the guest then knows. */
    readonly sets?: GlSets;
    /** The host cannot set an error, once the guest has checked what it tracks. */
    readonly neverFails?: true;
    /** C++ of what the call answers when GL refuses it, where that is no zero. */
    readonly refused?: string;
    /** Overrides what parameters and return value imply: a call without outputs that must be waited for. */
    readonly class?: 'sync';
    readonly params?: Readonly<Record<string, ParamRule>>;
    /** Makes objects: their names are chosen by the guest, and travel in the record. */
    readonly gives?: GlKind;
    /** Ends objects. */
    readonly takes?: GlKind;
    /** A record and reply of its own, where they are not the parameters; needs both ends by hand. */
    readonly wire?: {
        readonly request: Readonly<Record<string, Field>>;
        readonly reply?: Readonly<Record<string, Field>>;
    };
}

/** Rules by name of the call. */
export type GlRules = Readonly<Record<string, GlRule>>;

/** A rule for every call whose name matches; what a name says itself comes on top. */
export interface GlFamily {
    readonly match: RegExp;
    readonly rule: GlRule;
}

export interface GlChapter {
    readonly families?: readonly GlFamily[];
    readonly calls?: GlRules;
}

export const hand: GlRule = { guest: 'hand' };
export const local: GlRule = { guest: 'local' };
export const track: GlRule = { track: true };

/** The same rule for several calls. */
export function each(names: readonly string[], rule: GlRule): GlRules {
    return Object.fromEntries(names.map((name) => [name, rule]));
}

export const array = (size: string): ParamRule => ({ is: 'array', size });
export const nullable = (size: string): ParamRule => ({ is: 'array', size, nullable: true });
export const names = (kind: GlKind, size?: string): ParamRule =>
    size === undefined ? { is: 'names', kind } : { is: 'names', kind, size };
export const nullableNames = (kind: GlKind, size: string): ParamRule => ({
    is: 'names',
    kind,
    size,
    nullable: true,
});
export const counted = (length: string): ParamRule => ({ is: 'counted', length });
export const offset = (binding: GlBinding): ParamRule => ({ is: 'offset', binding });
export const pixels = (size: string): ParamRule => ({ is: 'pixels', size });
export const nullablePixels = (size: string): ParamRule => ({ is: 'pixels', size, nullable: true });
export const packed: ParamRule = { is: 'packed' };
export const answer: ParamRule = { is: 'answer' };
export const raw: ParamRule = { is: 'raw' };
