// What the runner knows about one program that others wrote: where its sources are in their repository, how
// it is built and started, and how its own output tells that it computed the right thing.

/** The repositories that programs come from; the caller names a snapshot of each. */
export const suites = [
    'cuda-samples',
    'hecbench',
    'polybench-acc',
    'polybenchGpu',
    'rodinia',
    'code-samples',
    'mini-nbody',
] as const;

export type Suite = (typeof suites)[number];

/** Judges one run by its text; the exit status is judged besides, and never alone. */
export interface Verdict {
    /** Must occur, at least once or exactly `count` times. */
    readonly text?: RegExp;
    readonly count?: number;
    /** Must not occur. */
    readonly never?: RegExp;
    /** Every number that the pattern's group finds must be at most this, and there must be one. */
    readonly atMost?: readonly [RegExp, number];
    /** What both patterns' groups find must be equal. */
    readonly same?: readonly [RegExp, RegExp];
    /** What the program's own check makes its exit status; 0 unless said. */
    readonly exit?: number;
}

export type Size = readonly [string, RegExp, string];

/** The CPU's answer to what a program without a check computes. */
export interface Reference {
    /** The suite's version for the CPU, a folder of the repository; null: the program's own source. */
    readonly folder: string | null;
    readonly sources: readonly string[];
    readonly flags: readonly string[];
    /** Null: those of the program's run. */
    readonly args: readonly string[] | null;
    /** File that both write; null: what they print. */
    readonly file: string | null;
    /** What its group finds, in order, is compared. */
    readonly numbers: RegExp;
    /** The difference allowed, relative where a number is above one. */
    readonly within: number;
}

export interface Run {
    readonly args: readonly string[];
    readonly verdict: Verdict;
}

export interface Program {
    /** suite/name as in the lists. */
    readonly name: string;
    readonly suite: Suite;
    /** Folder in the repository that is compiled in; sources are relative to it. */
    readonly folder: string;
    readonly sources: readonly string[];
    /** Further paths of the repository that it needs. */
    readonly needs: readonly string[];
    /** Include folders, relative to the repository. */
    readonly includes: readonly string[];
    readonly flags: readonly string[];
    /** Sizes that the sources fix, made small: file below the folder, pattern, replacement. */
    readonly sizes: readonly Size[];
    /** Kernel source and the fat binary beside the program that it is compiled to. */
    readonly fatbin: readonly [string, string] | null;
    readonly runs: readonly Run[];
    /** Why it is not run through Ferry; null when it is. */
    readonly onlyDirect: string | null;
    /** Why nobody can tell whether it computed the right thing, only that it ended well; else null. */
    readonly unjudged: string | null;
    /** What its first run is compared with; null when it judges itself. */
    readonly reference: Reference | null;
}

export type Details = Partial<Omit<Program, 'name' | 'suite' | 'runs'>> & { readonly args?: string };

/** A program with one run; `details` say where it is not like the others of its suite. */
export function program(
    suite: Suite,
    name: string,
    verdict: Verdict,
    details: Details & Pick<Program, 'folder' | 'sources'>,
): Program {
    const { args = '', ...rest } = details;
    return {
        needs: [],
        includes: [],
        flags: [],
        sizes: [],
        fatbin: null,
        onlyDirect: null,
        unjudged: null,
        reference: null,
        ...rest,
        name: `${suite}/${name}`,
        suite,
        runs: [{ args: words(args), verdict }],
    };
}

/** The same program with another run. */
export function also(base: Program, args: string, verdict: Verdict): Program {
    return { ...base, runs: [...base.runs, { args: words(args), verdict }] };
}

/** The program's own source, built for the CPU. */
export function sameSource(sources: readonly string[], numbers: RegExp, within: number): Reference {
    return { folder: null, sources, flags: [], args: null, file: null, numbers, within };
}

function words(text: string): readonly string[] {
    return text.split(' ').filter((word) => word !== '');
}
