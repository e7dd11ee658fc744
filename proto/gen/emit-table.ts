// Emits what the daemon knows of the wire: host-daemon/src/generated/calls.ts, wire.ts and limits.ts.

import { banner, hex } from './cpp.ts';
import type { Call, Model } from './model.ts';

const author = 'proto/gen/emit-table.ts';

export function emitCallTable(calls: readonly Call[]): string {
    const rows = calls.map(
        (call) => `    [${hex(call.id)}, { name: '${call.name}', class: '${call.class}' }],\n`,
    );
    return (
        banner('proto/spec', author) +
        "\nexport type CallClass = 'local' | 'async' | 'deferred' | 'sync' | 'host' | 'device';\n\n" +
        'export interface CallName {\n    readonly name: string;\n    readonly class: CallClass;\n}\n\n' +
        `export const calls: ReadonlyMap<number, CallName> = new Map<number, CallName>([\n` +
        `${rows.join('')}]);\n`
    );
}

export function emitLimitTable(model: Model): string {
    const rows = Object.entries(model.limits).map(
        ([name, limit]) => `    /** ${limit.doc} In ${limit.unit}. */\n    ${name}: ${limit.value},\n`,
    );
    return (
        `${banner('proto/spec/limits.ts', author)}\nexport const limits = {\n` +
        `${rows.join('')}} as const;\n`
    );
}

/** What two ends must agree on before they talk. */
export function emitWireTable(calls: readonly Call[], hash: string, wireVersion: number): string {
    const rows = calls.map((call) => `    ${hex(call.id)}: '${call.name}',\n`);
    return (
        banner('proto/spec and proto/wire/record.h', author) +
        `\nexport const wireVersion = ${wireVersion};\n\n` +
        `/** Equal on both ends of a session, or the session is refused. */\n` +
        `export const specHash = '${hash}';\n\n` +
        `export const callNames: Readonly<Record<number, string>> = {\n${rows.join('')}};\n`
    );
}
