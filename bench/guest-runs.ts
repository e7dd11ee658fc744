// Runs a guest program forwarded, in classic mode or directly on the driver, and measures it. Used by the
// demo and the benchmarks; the programs and the driver underneath are the same in every mode, so a ratio is
// the cost of forwarding.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { guestEnvironment } from '../host-daemon/src/cli/guest-environment.ts';
import { readStats, type GuestStats } from '../host-daemon/src/cli/stats.ts';
import { installRoot, places, type Environment } from '../host-daemon/src/config/places.ts';

/**
 * forwarded: as users run it; classic: one waiting round trip a call; direct: the program on the driver
 * itself.
 */
export type Mode = 'forwarded' | 'classic' | 'direct';

export interface GuestRun {
    readonly passed: boolean;
    /** The program's own line, without its PASS or FAIL. */
    readonly verdict: string;
    readonly wallMs: number;
    /** Null for a direct run, and when the program made no call. */
    readonly stats: GuestStats | null;
}

export interface Target {
    readonly endpoint: string;
    /** What the daemon's workers load; the direct run loads the same. */
    readonly driver: string;
}

const runLimitMs = 120_000;
const softwareLinks = join(installRoot, 'build', 'soft', 'links');

function environmentFor(mode: Mode, target: Target, statsFile: string): Record<string, string> {
    const env: Environment = { ...process.env, FERRY_STATS_FILE: undefined, LD_PRELOAD: undefined };
    if (mode !== 'direct') {
        const { endpoint } = target;
        const guest = guestEnvironment(env, {
            shim: places.shim,
            links: places.shimLinks,
            endpoint,
            statsFile,
        });
        return mode === 'classic' ? { ...guest, FERRY_BATCH: 'off' } : guest;
    }
    const plain = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const own =
        target.driver === 'software'
            ? { LD_PRELOAD: places.softwareDriver, LD_LIBRARY_PATH: softwareLinks }
            : {};
    return { ...Object.fromEntries(plain), ...own };
}

/** One run, start to exit. A program that fails or does not end in two minutes has not passed. */
export async function runGuest(mode: Mode, target: Target, command: readonly string[]): Promise<GuestRun> {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-demo-'));
    const statsFile = join(folder, 'stats.jsonl');
    const [program = '', ...args] = command;
    try {
        const startedMs = performance.now();
        const { code, output } = await spawnAndCollect(
            program,
            args,
            environmentFor(mode, target, statsFile),
        );
        const wallMs = performance.now() - startedMs;
        const line = output.split('\n').find((each) => /^(PASS|FAIL) /.test(each));
        const passed = code === 0 && line !== undefined && line.startsWith('PASS');
        const verdict = line?.slice(5) ?? `exit ${code}: ${output.trim().split('\n').slice(-3).join(' | ')}`;
        return { passed, verdict, wallMs, stats: readStats(statsFile)[0] ?? null };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function spawnAndCollect(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
): Promise<{ code: number | string; output: string }> {
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: runLimitMs });
        let output = '';
        const take = (chunk: Buffer) => {
            output += chunk.toString();
        };
        child.stdout.on('data', take);
        child.stderr.on('data', take);
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code: signal ?? code ?? -1, output }));
    });
}

/**
 * The run with the median time; a failed one before all others, so that a failure cannot be averaged away.
 */
export function medianRun(runs: readonly GuestRun[]): GuestRun {
    const failed = runs.find((run) => !run.passed);
    const sorted = [...runs].sort((left, right) => left.wallMs - right.wallMs);
    const median = sorted[Math.floor((sorted.length - 1) / 2)];
    if (median === undefined) {
        throw new RangeError('runs: expected at least one, got none');
    }
    return failed ?? median;
}
