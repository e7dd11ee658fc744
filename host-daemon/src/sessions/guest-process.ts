// The process that asks for a session, as this machine's kernel shows it. Used by sessions/desk.ts until the
// worker has the guest's pidfd. Nobody vouches for the number a guest gives: it may be another machine's, or
// another process namespace's. So it is believed only where it leads to a process of the same program, and a
// number that is not is no reason to refuse anybody.
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export interface GuestProcess {
    readonly pid: number;
    /** In clock ticks since boot: another process of the same number has another one. */
    readonly started: string;
}

/** The process `pid`, if it is here and runs `program` (a file name); else null. */
export function findGuest(pid: number, program: string): GuestProcess | null {
    try {
        // Guests say how they were called, which is a link's name where they were started through one.
        const called = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
        const names = [called, readlinkSync(`/proc/${pid}/exe`)].map((path) => basename(path));
        const started = startOf(pid);
        return started !== null && names.includes(program) ? { pid, started } : null;
    } catch {
        return null;
    }
}

export function hasEnded({ pid, started }: GuestProcess): boolean {
    try {
        return startOf(pid) !== started;
    } catch {
        return true;
    }
}

/** Null for one that has ended and has not been waited for. */
function startOf(pid: number): string | null {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; behind it come the state and, 19 fields on, the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
