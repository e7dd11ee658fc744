// The command line of the benchmarks. Pure.
import { carriers, type Carrier, type Device } from './report/results.ts';
import { benchmarks } from './run/suite.ts';

export interface Options {
    readonly quick: boolean;
    readonly rounds: number;
    /** Names of benchmarks, also `limits` and `links`; none means all. */
    readonly only: readonly string[];
    /** Null: every one there is. */
    readonly carriers: readonly Carrier[] | null;
    readonly devices: readonly Device[];
    readonly out: string | null;
    /** Measures nothing: writes the report anew from this results.json. */
    readonly from: string | null;
    readonly charts: boolean;
}

const usage =
    'usage: npm run bench -- [--quick] [--only NAME]... [--rounds N] [--carriers ring,unix,...] ' +
    '[--device null|software|nvidia]... [--out FOLDER] [--no-charts] [--from results.json]';
const names = [...benchmarks.map(({ name }) => name), 'limits', 'links'];
const deviceNames: readonly Device[] = ['null', 'software', 'nvidia'];

interface Draft {
    quick: boolean;
    rounds: number | null;
    only: string[];
    carriers: Carrier[] | null;
    devices: Device[];
    out: string | null;
    from: string | null;
    charts: boolean;
}

/** What is wrong with `value` for `flag`, or null after taking it. */
function take(draft: Draft, flag: string, value: string): string | null {
    const oneOf = <T extends string>(known: readonly T[], given: string): given is T =>
        (known as readonly string[]).includes(given);
    switch (flag) {
        case '--only':
            draft.only.push(value);
            return names.includes(value)
                ? null
                : `--only: expected one of ${names.join(', ')}, got ${value}`;
        case '--rounds':
            draft.rounds = Number(value);
            return Number.isInteger(draft.rounds) && draft.rounds > 0
                ? null
                : `--rounds: expected a whole number from 1, got ${value}`;
        case '--carriers': {
            const given = value.split(',');
            draft.carriers = given.filter((each) => oneOf(carriers, each));
            return draft.carriers.length === given.length
                ? null
                : `--carriers: expected some of ${carriers.join(',')}, got ${value}`;
        }
        case '--device':
            if (!oneOf(deviceNames, value)) {
                return `--device: expected null, software or nvidia, got ${value}`;
            }
            draft.devices.push(value);
            return null;
        case '--out':
            draft.out = value;
            return null;
        case '--from':
            draft.from = value;
            return null;
        default:
            return usage;
    }
}

/** The options that `words` say, or one line about what is wrong with them. */
export function parseOptions(words: readonly string[]): Options | string {
    const draft: Draft = {
        quick: false,
        rounds: null,
        only: [],
        carriers: null,
        devices: [],
        out: null,
        from: null,
        charts: true,
    };
    for (let index = 0; index < words.length; index += 1) {
        const flag = words[index] ?? '';
        if (flag === '--quick') {
            draft.quick = true;
            continue;
        }
        if (flag === '--no-charts') {
            draft.charts = false;
            continue;
        }
        index += 1;
        const value = words[index];
        const problem = value === undefined ? usage : take(draft, flag, value);
        if (problem !== null) {
            return problem;
        }
    }
    const devices = draft.devices.length > 0 ? draft.devices : (['null', 'software'] as const);
    return { ...draft, rounds: draft.rounds ?? (draft.quick ? 2 : 5), devices };
}
