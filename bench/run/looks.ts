// How a guest is told to look whether the cores are left alone. Pure.

/** What looks for quiet compare with, in ns: see bench/guests/quiet.h. */
export interface Alone {
    readonly loopNs: number;
    readonly tripNs: number;
}

export function looksFor({ loopNs, tripNs }: Alone): readonly string[] {
    return ['--alone', `${loopNs},${tripNs}`];
}
