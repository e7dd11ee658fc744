// C++ of an OpenGL call that more than one emitter writes: its parameters, its arguments, its sizes.

import { wrapList } from '../cpp.ts';
import type { GlCall, GlModel, GlParam } from './model.ts';

/** Calls that have a record. */
export function recorded(model: GlModel): GlCall[] {
    return model.calls.filter((call) => call.request !== undefined);
}

export function glCalls(model: GlModel): GlCall[] {
    return model.calls.filter((call) => call.gl.api === 'gl');
}

export function parameters(call: GlCall): string[] {
    return call.gl.params.map((param) => `${param.type} ${param.name}`);
}

export function names(call: GlCall): string[] {
    return call.gl.params.map((param) => param.name);
}

/** `returns head(parameters)tail`. */
export function prototype(call: GlCall, name: string, extra: readonly string[], tail: string): string {
    return wrapList(`${call.gl.registry.returns} ${name}(`, [...extra, ...parameters(call)], `)${tail}`);
}

/** A size expression with every parameter in it read from the decoded record. */
export function sizeOfRequest(size: string, params: readonly GlParam[]): string {
    const known = new Set(params.map((param) => param.name));
    return size.replace(/(size::)?\b[A-Za-z_]\w*/g, (word, scope) =>
        scope === undefined && known.has(word) ? `request.${word}` : word,
    );
}

/** What a call answers where there is nothing to ask: `return;` or a zero of its type. */
export function nothing(call: GlCall): string {
    const { returns } = call.gl.registry;
    if (returns === 'void') return 'return;';
    return returns.endsWith('*') || returns === 'GLsync' ? 'return nullptr;' : 'return 0;';
}

/** The same for a call that has been refused: some say so by a value that is no zero. */
export function refused(call: GlCall): string {
    const { refused: value } = call.gl.rule;
    return value === undefined ? nothing(call) : `return ${value};`;
}

/** Units that stubs and handlers are spread over: all in one take a compiler long. */
export const units = ['a', 'b', 'c', 'd'] as const;
export type Unit = (typeof units)[number];

/** The calls of one unit, in the order of their numbers. */
export function partOf(calls: readonly GlCall[], unit: Unit): readonly GlCall[] {
    const share = Math.ceil(calls.length / units.length);
    const at = units.indexOf(unit) * share;
    return calls.slice(at, at + share);
}
