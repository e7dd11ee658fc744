// Writes outcomes as a Markdown table with the reason of each failure.
import type { Program } from './program.ts';

export interface Outcome {
    readonly way: 'direct' | 'ferry';
    readonly linkage: 'static' | 'shared';
    readonly state: 'passes' | 'fails' | 'left out' | 'ends well';
    readonly reason: string;
    readonly seconds: number;
}

function cell(outcomes: readonly Outcome[], way: string, linkage: string): string {
    const found = outcomes.find((outcome) => outcome.way === way && outcome.linkage === linkage);
    return found === undefined ? '-' : found.state;
}

function reasons(outcomes: readonly Outcome[]): string {
    const texts = outcomes.filter(({ reason }) => reason !== '').map(({ reason }) => reason);
    const clean = [...new Set(texts)].map((text) => text.replaceAll('|', '/').replaceAll(/[^ -~]/g, ' '));
    return clean.join('; ');
}

function tally(results: ReadonlyMap<string, readonly Outcome[]>): string {
    const all = [...results.values()];
    const ways = (['direct', 'ferry'] as const).map((way) => {
        const right = all.filter((outcomes) => {
            const those = outcomes.filter((outcome) => outcome.way === way);
            return those.length > 0 && those.every(({ state }) => state === 'passes');
        });
        const how = way === 'direct' ? 'directly' : 'through Ferry';
        return `${String(right.length)} of ${String(all.length)} pass ${how}`;
    });
    return `${ways.join(', ')}.`;
}

/** The table of a run; programs in their list's order. */
export function table(
    programs: readonly Program[],
    results: ReadonlyMap<string, readonly Outcome[]>,
): string {
    const rows = programs.map(({ name, runs }) => {
        const outcomes = results.get(name) ?? [];
        const seconds = Math.max(0, ...outcomes.map((outcome) => outcome.seconds));
        const cells = (['direct', 'ferry'] as const).flatMap((way) =>
            (['static', 'shared'] as const).map((linkage) => cell(outcomes, way, linkage)),
        );
        const args = runs.map((run) => `\`${run.args.join(' ')}\``).join(', ');
        const row = [name, args === '``' ? '' : args, ...cells, seconds.toFixed(1), reasons(outcomes)];
        return `| ${row.join(' | ')} |`;
    });
    const head = [
        'program',
        'arguments',
        'direct, static',
        'direct, shared',
        'Ferry, static',
        'Ferry, shared',
    ];
    return [
        tally(results),
        '',
        `| ${[...head, 'longest, s', 'reason'].join(' | ')} |`,
        `| ${Array.from({ length: 8 }, () => '--').join(' | ')} |`,
        ...rows,
        '',
    ].join('\n');
}
