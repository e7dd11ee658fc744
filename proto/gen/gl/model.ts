// The registry and the overlay as one list of calls: what each end does, and what the record and the reply
// hold. Every emitter of OpenGL reads only this.

import type { Field, Scalar } from '../../spec/dsl.ts';
import type { GlChapter, GlRule } from '../../spec/gl/rules.ts';
import type { Call, Message, WireField } from '../model.ts';
import { message } from '../model.ts';
import { formOf, type GlForm, scalarWire } from './forms.ts';
import type { Constants, GlApiName, RegistryCall, RegistryParam } from './registry.ts';

export interface GlParam extends RegistryParam {
    /** Undefined: neither the registry nor the overlay says what it is on the wire. */
    readonly form: GlForm | undefined;
}

export interface GlCall extends Call {
    readonly gl: {
        readonly api: GlApiName;
        readonly registry: RegistryCall;
        readonly rule: GlRule;
        readonly params: readonly GlParam[];
        /** Of the return value, where the reply brings it. */
        readonly result: Scalar | undefined;
        /** The generated form is sound as it stands: by hand or not, the record alone does the call. */
        readonly isSound: boolean;
        /** Whoever writes an end by hand has not done so yet. */
        readonly unwritten: { readonly guest: boolean; readonly track: boolean; readonly host: boolean };
    };
}

export interface GlModel {
    readonly calls: readonly GlCall[];
    readonly constants: Constants;
    /** What the join of registry and overlay has to complain of. */
    readonly problems: readonly string[];
}

export interface GlSources {
    readonly registries: Readonly<Record<GlApiName, readonly RegistryCall[]>>;
    readonly constants: Constants;
    readonly overlay: readonly GlChapter[];
    /** Lines `guest|track|host call`: what is by hand and not written. */
    readonly unwritten: readonly string[];
}

export function buildGlModel(sources: GlSources): GlModel {
    const { rules, problems } = joined(sources.registries.gl, sources.overlay);
    const unwritten = new Set(sources.unwritten);
    const gl = sources.registries.gl.map((call) => glCall(call, rules.get(call.name) ?? {}, unwritten));
    const others = (['glx', 'egl'] as const).flatMap((api) =>
        sources.registries[api].map((call) => windowCall(call, api)),
    );
    const calls = [...gl, ...others].sort((left, right) => left.id - right.id);
    return {
        calls,
        constants: sources.constants,
        problems: [...problems, ...idle(calls, sources.unwritten)],
    };
}

/** The rules that speak of each call as one; families first, then what a name says itself. */
function joined(
    registry: readonly RegistryCall[],
    overlay: readonly GlChapter[],
): { readonly rules: ReadonlyMap<string, GlRule>; readonly problems: readonly string[] } {
    const rules = new Map<string, GlRule>();
    const problems: string[] = [];
    const known = new Set(registry.map((call) => call.name));
    const add = (name: string, rule: GlRule): void => {
        const before = rules.get(name) ?? {};
        rules.set(name, { ...before, ...rule, params: { ...before.params, ...rule.params } });
    };
    for (const chapter of overlay) {
        for (const { match, rule } of chapter.families ?? []) {
            const matching = [...known].filter((name) => match.test(name));
            if (matching.length === 0) problems.push(`the family ${String(match)} has no call`);
            matching.forEach((name) => add(name, rule));
        }
    }
    for (const chapter of overlay) {
        for (const [name, rule] of Object.entries(chapter.calls ?? {})) {
            if (!known.has(name)) problems.push(`${name}: a rule for a call that the registry does not have`);
            add(name, rule);
        }
    }
    return { rules, problems };
}

/** Lines of the list of what is unwritten that no call by hand answers to. */
function idle(calls: readonly GlCall[], lines: readonly string[]): string[] {
    const open = new Set(
        calls.flatMap((call) => {
            const { unwritten } = call.gl;
            const sides = (['guest', 'track', 'host'] as const).filter((side) => unwritten[side]);
            return sides.map((side) => `${side} ${call.name}`);
        }),
    );
    return lines
        .filter((line) => !open.has(line))
        .map((line) => `unwritten.txt: '${line}' is not by hand, or no call`);
}

function glCall(registry: RegistryCall, rule: GlRule, unwritten: ReadonlySet<string>): GlCall {
    const params = registry.params.map((param) => ({ ...param, form: formOf(param, registry, rule) }));
    const own = rule.wire !== undefined;
    const isLocal = rule.guest === 'local';
    const messages = isLocal
        ? {}
        : own
          ? ownMessages(registry.name, rule)
          : messagesOf(registry, rule, params);
    const result = rule.gives === undefined ? scalarWire[registry.returns] : undefined;
    const side = (name: string, byHand: boolean): boolean =>
        byHand && unwritten.has(`${name} ${registry.name}`);
    const byHand = rule.guest !== undefined;
    const sound =
        !isLocal && !own && rule.gives === undefined && params.every((param) => isSound(param.form));
    return {
        id: registry.id,
        name: registry.name,
        class: isLocal ? 'local' : (rule.class ?? (messages.reply === undefined ? 'async' : 'sync')),
        guest: rule.guest ?? 'generated',
        host: isLocal ? 'none' : (rule.host ?? 'generated'),
        ...messages,
        api: null,
        doc: '',
        gl: {
            api: 'gl',
            registry,
            rule,
            params,
            result,
            isSound: sound,
            unwritten: {
                guest: side('guest', byHand),
                track: side('track', !byHand && rule.track === true),
                host: side('host', !isLocal && rule.host === 'hand'),
            },
        },
    };
}

function isSound(form: GlForm | undefined): boolean {
    return form !== undefined && !['pixels', 'packed', 'given', 'raw'].includes(form.is);
}

/** Calls of GLX and EGL never cross as they are: they have numbers for counters and traces. */
function windowCall(registry: RegistryCall, api: GlApiName): GlCall {
    const params = registry.params.map((param): GlParam => ({ ...param, form: { is: 'raw' } }));
    const unwritten = { guest: false, track: false, host: false };
    return {
        id: registry.id,
        name: registry.name,
        class: 'local',
        guest: 'local',
        host: 'none',
        api: null,
        doc: '',
        gl: { api, registry, rule: { guest: 'local' }, params, result: undefined, isSound: false, unwritten },
    };
}

interface Messages {
    readonly request?: Message;
    readonly reply?: Message;
}

function ownMessages(name: string, rule: GlRule): Messages {
    const fields = (of: Readonly<Record<string, Field>>, kind: string): Message =>
        message(`${name}_${kind}`, of);
    const { request = {}, reply } = rule.wire ?? {};
    return {
        request: fields(request, 'Request'),
        ...(reply === undefined ? {} : { reply: fields(reply, 'Reply') }),
    };
}

/** The field of a request that names what the call would answer. */
export const givenField = 'name';

function messagesOf(call: RegistryCall, rule: GlRule, params: readonly GlParam[]): Messages {
    const request = params.flatMap((param) => requestFields(param));
    const reply = params.flatMap((param) => replyFields(param));
    if (rule.gives !== undefined && call.returns !== 'void') {
        request.push({ name: givenField, type: rule.gives === 'sync' ? 'u64' : 'u32' });
    } else if (scalarWire[call.returns] !== undefined) {
        reply.unshift({ name: 'result', type: scalarWire[call.returns] as Scalar });
    }
    return {
        request: { name: `${call.name}_Request`, fields: request },
        ...(reply.length === 0 && rule.class !== 'sync'
            ? {}
            : { reply: { name: `${call.name}_Reply`, fields: reply } }),
    };
}

const data = (name: string): WireField => ({ name, type: 'bytes', limit: 'glDataBytes' });

function requestFields({ name, form }: GlParam): WireField[] {
    switch (form?.is) {
        case 'value':
            return [{ name, type: form.wire }];
        case 'name':
            return [{ name, type: form.kind === 'sync' ? 'u64' : 'u32' }];
        case 'names':
        case 'array':
        case 'counted':
        case 'given':
            return [data(name)];
        case 'text':
            return [{ name, type: 'text', limit: 'nameBytes' }];
        case 'offset':
            return [{ name, type: 'u64' }];
        case 'pixels':
            return [...placed(name), data(name)];
        case 'packed':
            return placed(name);
        default:
            return [];
    }
}

/** Where an image is: see wire::gl::From. */
function placed(name: string): WireField[] {
    return [
        { name: `${name}_from`, type: 'u8' },
        { name: `${name}_offset`, type: 'u64' },
    ];
}

function replyFields({ name, form }: GlParam): WireField[] {
    switch (form?.is) {
        case 'one':
            return [{ name, type: form.wire }];
        case 'out':
        case 'answer':
        case 'packed':
            return [data(name)];
        default:
            return [];
    }
}
