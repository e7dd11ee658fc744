// One run of one benchmark guest: started, met at its handshake, read to its end. Used by the runner, which
// decides what to run; this knows how a guest talks (bench/guests/measure.cc prints it).
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface GuestResult {
    readonly metric: string;
    readonly unit: string;
    readonly p50: number;
    readonly p99: number;
    /** Of the samples between two looks that found the cores left alone; null where there were too few. */
    readonly quietP50: number | null;
    readonly calls: number;
    /** Voluntary and involuntary. */
    readonly guestSwitches: readonly [number, number];
    readonly hostSwitches: readonly [number, number];
}

export interface GuestReport {
    readonly device: string;
    readonly results: readonly GuestResult[];
    /** What the looks for quiet took, the waits between them, and what a program did for their sake. */
    readonly lookedMs: number;
    /** Start to exit, without the handshake's pause and the looks. */
    readonly wallMs: number;
    /** What it could not measure here. */
    readonly unavailable: readonly { readonly metric: string; readonly reason: string }[];
    /** The shim's line of counters; null for a direct run. */
    readonly counters: Readonly<Record<string, unknown>> | null;
}

export interface GuestCommand {
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    /** Called when the guest's session stands, with its pid; answers the worker's pid, 0 if there is none. */
    readonly meet?: (guestPid: number) => Promise<number>;
    readonly limitMs: number;
}

/** Runs a guest to its end; throws when it fails, says nothing that can be read, or outlives `limitMs`. */
export async function runGuest(guest: GuestCommand): Promise<GuestReport> {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-bench-'));
    const statsFile = join(folder, 'stats.jsonl');
    const [program = '', ...args] = guest.command;
    const handshake = guest.meet === undefined ? [] : ['--handshake'];
    try {
        const startedMs = performance.now();
        const child = spawn(program, [...args, ...handshake], {
            env: { ...guest.env, FERRY_STATS_FILE: statsFile },
            stdio: ['pipe', 'pipe', 'pipe'],
        });
        const { line, pausedMs } = await converse(child, guest);
        const report = parseReport(line);
        const wallMs = performance.now() - startedMs - pausedMs - report.lookedMs;
        return { ...report, wallMs, counters: readCounters(statsFile) };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

interface Conversation {
    readonly line: string;
    readonly pausedMs: number;
}

function converse(child: ChildProcess, guest: GuestCommand): Promise<Conversation> {
    let output = '';
    let errors = '';
    let pausedMs = 0;
    let met = guest.meet === undefined;
    const answer = async (pid: number) => {
        const sinceMs = performance.now();
        const worker = await guest.meet?.(pid).catch(() => 0);
        pausedMs = performance.now() - sinceMs;
        child.stdin?.write(`${worker ?? 0}\n`);
    };
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), guest.limitMs);
        child.stdin?.on('error', () => undefined);
        child.stdout?.on('data', (chunk: Buffer) => {
            output += chunk.toString();
            const ready = met ? null : /^ready (\d+)\n/m.exec(output);
            if (ready !== null) {
                met = true;
                void answer(Number(ready[1]));
            }
        });
        child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
        child.on('error', reject);
        child.on('close', (code, signal) => {
            clearTimeout(timer);
            const line = output.split('\n').find((each) => each.startsWith('{'));
            if (code === 0 && line !== undefined) {
                resolve({ line, pausedMs });
            } else {
                const words = errors.trim().split('\n').slice(-3).join(' | ');
                const name = guest.command.map((word) => basename(word)).join(' ');
                reject(new Error(`${name} ended with ${signal ?? code}: ${words}`));
            }
        });
    });
}

/** Reads the line of JSON that a guest prints; throws when it is not one. */
export function parseReport(line: string): Omit<GuestReport, 'wallMs' | 'counters'> {
    const parsed = JSON.parse(line) as Readonly<Record<keyof GuestReport, unknown>>;
    if (typeof parsed.device !== 'string' || !Array.isArray(parsed.results)) {
        throw new TypeError(`guest's line: expected device and results, got ${line.slice(0, 80)}`);
    }
    const lookedMs = typeof parsed.lookedMs === 'number' ? parsed.lookedMs : 0;
    const missing = Array.isArray(parsed.unavailable) ? parsed.unavailable : [];
    const unavailable = missing.map((each: Readonly<Record<string, unknown>>) => ({
        metric: String(each['metric']),
        reason: String(each['reason']),
    }));
    return { device: parsed.device, results: parsed.results.map(parseResult), unavailable, lookedMs };
}

// One or two may have been lucky. And a block in which others took the core for most of its time holds a few
// slow samples: alone they would speak for all.
const fewestQuiet = 3;
const leastQuietShare = 0.05;

function parseQuiet(fields: Readonly<Record<string, unknown>>): number | null {
    const quiet = fields['quiet'] as { p50?: unknown; samples?: unknown } | undefined;
    const all = typeof fields['samples'] === 'number' ? fields['samples'] : 0;
    const fewest = Math.max(fewestQuiet, all * leastQuietShare);
    const isEnough = typeof quiet?.samples === 'number' && quiet.samples >= fewest;
    return isEnough && typeof quiet.p50 === 'number' ? quiet.p50 : null;
}

function parseResult(value: unknown): GuestResult {
    const fields = value as Readonly<Record<string, unknown>>;
    const text = (name: string) => String(fields[name] ?? '');
    const number = (name: string) => {
        const found = fields[name];
        if (typeof found !== 'number') {
            throw new TypeError(`guest's result: expected a number ${name}, got ${JSON.stringify(value)}`);
        }
        return found;
    };
    const pair = (name: string): readonly [number, number] => {
        const found = fields[name] as readonly number[] | undefined;
        return [found?.[0] ?? 0, found?.[1] ?? 0];
    };
    return {
        metric: text('metric'),
        unit: text('unit'),
        p50: number('p50'),
        p99: number('p99'),
        quietP50: parseQuiet(fields),
        calls: number('calls'),
        guestSwitches: pair('guestSwitches'),
        hostSwitches: pair('hostSwitches'),
    };
}

function readCounters(path: string): Readonly<Record<string, unknown>> | null {
    if (!existsSync(path)) {
        return null;
    }
    const line = readFileSync(path, 'utf8').split('\n')[0] ?? '';
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
}
