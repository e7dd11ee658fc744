// Emits tables of symbols: proc_table.inc for cuGetProcAddress, one of the guest and one of the software
// device, and guest/exports.map for the linker.

import { banner } from './cpp.ts';
import { type ApiCall, exportedCalls, symbolsOf } from './emit-stub.ts';
import type { Model } from './model.ts';

const author = 'proto/gen/emit-guest-tables.ts';

interface Entry {
    readonly base: string;
    readonly since: number;
    readonly symbol: string;
    readonly twin: string;
}

/** Sorted by name, then by version: the answer is the last entry of the name that is not newer than asked. */
export function procEntries(calls: readonly ApiCall[]): Entry[] {
    const entries = calls.flatMap((call): Entry[] => {
        const { base, row } = call.api;
        const twin = row.twin === undefined ? 'nullptr' : `&${call.name}_${row.twin}`;
        const main = { base, since: row.since, symbol: call.name, twin };
        const older = Object.entries(row.aliases ?? {}).map(([symbol, since]) => ({
            ...main,
            symbol,
            since,
        }));
        return [...older, main];
    });
    const order = (left: Entry, right: Entry): number =>
        left.base < right.base ? -1 : left.base > right.base ? 1 : left.since - right.since;
    return entries.sort(order);
}

/** `header` is what declares the symbols. */
export function emitProcTable(calls: readonly ApiCall[], header: string): string {
    const lines = procEntries(calls).map(
        (e) => `FERRY_PROC("${e.base}", ${e.since}, &${e.symbol}, ${e.twin})\n`,
    );
    return (
        banner('proto/spec/cuda', author) +
        '// FERRY_PROC(name, CUDA version at which the ABI appeared, symbol, per-thread twin or nullptr), ' +
        'sorted by name\n' +
        `// and version. Include ${header} first.\n` +
        lines.join('')
    );
}

export function emitExports(model: Model): string {
    const symbols = exportedCalls(model).flatMap(symbolsOf).sort();
    const lines = [...symbols, 'ferry_shim_version'].map((symbol) => `        ${symbol};\n`);
    return (
        `${banner('proto/spec/cuda', author, '#')}{\n    global:\n${lines.join('')}    local:\n` +
        `        *;\n};\n`
    );
}
