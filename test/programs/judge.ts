// Starts a program, waits within a limit, and says from its text whether it computed the right thing.
import { spawn } from 'node:child_process';

import type { Verdict } from './program.ts';

export interface Ended {
    readonly text: string;
    readonly status: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly late: boolean;
    readonly seconds: number;
}

const keptBytes = 2 ** 22;

/** Runs a command to its end, or kills it and what it started after `limitMs`. */
export function start(
    command: readonly string[],
    cwd: string,
    env: NodeJS.ProcessEnv,
    limitMs: number,
): Promise<Ended> {
    const [program = '', ...args] = command;
    const sinceMs = performance.now();
    return new Promise((resolve) => {
        let text = '';
        let late = false;
        const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        const keep = (chunk: Buffer) => {
            if (text.length < keptBytes) {
                text += chunk.toString('latin1');
            }
        };
        child.stdout.on('data', keep);
        child.stderr.on('data', keep);
        const timer = setTimeout(() => {
            late = true;
            // A group of its own, so that children of the program end with it.
            process.kill(-(child.pid ?? 0), 'SIGKILL');
        }, limitMs);
        const end = (status: number | null, signal: NodeJS.Signals | null) => {
            clearTimeout(timer);
            resolve({ text, status, signal, late, seconds: (performance.now() - sinceMs) / 1000 });
        };
        child.on('error', (error) => {
            text += String(error);
            end(-1, null);
        });
        child.on('close', end);
    });
}

/** Null when the run is right, else the reason why it is not. */
export function judge(ended: Ended, verdict: Verdict): string | null {
    if (ended.late) {
        return 'time limit';
    }
    if (ended.signal !== null) {
        return `ended by ${ended.signal}: ${lastLine(ended.text)}`;
    }
    if (ended.status !== (verdict.exit ?? 0)) {
        return `exit ${String(ended.status)}: ${errorLine(ended.text)}`;
    }
    return wrongText(ended.text, verdict);
}

function wrongText(text: string, verdict: Verdict): string | null {
    const { text: wanted, count, never, atMost, same } = verdict;
    if (wanted !== undefined && !wanted.test(text)) {
        return `says no ${String(wanted)}: ${errorLine(text)}`;
    }
    const times = wanted === undefined ? 0 : (text.match(wanted)?.length ?? 0);
    if (count !== undefined && times !== count) {
        return `says ${String(wanted)} ${String(times)} times, not ${String(count)}`;
    }
    const bad = never === undefined ? null : never.exec(text);
    if (bad !== null) {
        return `says ${text.slice(Math.max(0, bad.index - 60), bad.index + 80).replaceAll('\n', ' ')}`;
    }
    return (
        (atMost === undefined ? null : tooLarge(text, ...atMost)) ??
        (same && different(text, ...same)) ??
        null
    );
}

function tooLarge(text: string, pattern: RegExp, limit: number): string | null {
    const numbers = [...text.matchAll(pattern)].map(([, group]) => Number.parseFloat(group ?? ''));
    if (numbers.length === 0) {
        return `says no ${String(pattern)}: ${errorLine(text)}`;
    }
    const worst = numbers.find((value) => !(value <= limit));
    return worst === undefined ? null : `${String(pattern)} is ${String(worst)}, above ${String(limit)}`;
}

function different(text: string, left: RegExp, right: RegExp): string | null {
    const [a, b] = [left.exec(text)?.[1], right.exec(text)?.[1]];
    return a !== undefined && a === b ? null : `${String(a)} is not ${String(b)}`;
}

function lastLine(text: string): string {
    return (text.trimEnd().split('\n').at(-1) ?? '').slice(0, 160);
}

function errorLine(text: string): string {
    const lines = text
        .split('\n')
        .filter((line) => /error|fail|not supported|unsupported|invalid/i.test(line));
    return (lines.at(-1) ?? lastLine(text)).trim().slice(0, 160);
}
