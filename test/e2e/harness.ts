// What the end-to-end tests share: real daemons on the software device, guests as processes of their own,
// seeds that can be given again. Everything started here is ended by `cleanUp`. Nothing is mocked and nothing
// is timed.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { endpointOfSocket, places } from '../../host-daemon/src/config/places.ts';
import { ControlClient } from '../../host-daemon/src/control/client.ts';
import { atEnd, newFolder, until } from '../clean-up.ts';
import { linkFolder } from './guest-build.ts';

export { atEnd, cleanUp, newFolder, until } from '../clean-up.ts';

/** True when the long variants are wanted: FERRY_TEST_LONG=1. */
export const isLong = process.env['FERRY_TEST_LONG'] === '1';

/** The seed of this run, printed so that a failure can be repeated with FERRY_TEST_SEED. */
export const runSeed = Number(process.env['FERRY_TEST_SEED'] ?? randomInt(2 ** 31));
process.stdout.write(`FERRY_TEST_SEED=${runSeed}\n`);

/** A seed of its own for `name`, the same again in a run with the same FERRY_TEST_SEED. */
export function seedFor(name: string): number {
    let hash = runSeed;
    for (const character of name) {
        hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
    }
    return hash;
}

export function isAlive(pid: number): boolean {
    try {
        // A zombie has ended, although its number still answers.
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

export interface Result {
    /** Exit code, or the name of the signal that ended the program. */
    readonly code: number | string;
    readonly stdout: string;
    readonly stderr: string;
}

export interface Guest {
    readonly child: ChildProcess;
    readonly pid: number;
    stdout(): string;
    stderr(): string;
    readonly ended: Promise<Result>;
}

// Far above what any guest needs: only a hang reaches it.
const guestLimitMs = 120_000;

/** Starts a program in a process group of its own; after `limitMs` it is killed, and the result says so. */
export function startGuest(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    limitMs = guestLimitMs,
): Guest {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const { pid } = child;
    if (pid === undefined) {
        throw new Error(`cannot start ${program}`);
    }
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const timer = setTimeout(() => {
        stderr += `\n(killed by the test after ${limitMs} ms)\n`;
        killGroup(pid);
    }, limitMs);
    // 'exit' and not 'close': a child that the guest forked may hold its pipes for long.
    const ended = new Promise<Result>((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code, signal) => {
            clearTimeout(timer);
            setImmediate(() =>
                setImmediate(() => resolve({ code: code ?? signal ?? 'none', stdout, stderr })),
            );
        });
    });
    atEnd(() => killGroup(pid));
    return { child, pid, stdout: () => stdout, stderr: () => stderr, ended };
}

export function killGroup(pid: number): void {
    try {
        process.kill(-pid, 'SIGKILL');
    } catch {
        // Nobody of that group is left.
    }
}

/** This process's environment without anything that would steer a guest. */
export function plainEnvironment(): Record<string, string> {
    const kept = Object.entries(process.env).filter(
        ([name, value]) => value !== undefined && !/^(LD_|FERRY_|CUDA_|NODE_OPTIONS|VITEST)/.test(name),
    );
    return Object.fromEntries(kept) as Record<string, string>;
}

/** For a program that runs on the software device itself, without Ferry. */
export function directEnvironment(): Record<string, string> {
    return { ...plainEnvironment(), LD_LIBRARY_PATH: linkFolder('direct', places.softwareDriver) };
}

export interface DaemonHandle {
    readonly endpoint: string;
    readonly folder: string;
    readonly child: ChildProcess;
    readonly pid: number;
    readonly client: ControlClient;
    log(): string;
    /** What a guest of this daemon is started with. */
    environment(extra?: Readonly<Record<string, string>>): Record<string, string>;
    readonly ended: Promise<void>;
}

/** Starts `ferry daemon` on a socket of its own and waits until it serves. */
export async function startDaemon(
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
): Promise<DaemonHandle> {
    const folder = newFolder();
    const socket = join(folder, 'd', 'ferry.sock');
    const endpoint = endpointOfSocket(socket);
    const args = [
        places.cliEntry,
        'daemon',
        '--socket',
        socket,
        '--device',
        'software',
        '--log-format',
        'json',
        ...flags,
    ];
    const child = spawn(process.execPath, args, {
        env: { ...plainEnvironment(), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    const client = new ControlClient(endpoint);
    atEnd(async () => {
        client.close();
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
        await ended;
        clearTimeout(timer);
    });
    await until('the daemon serves', async () => {
        if (child.exitCode !== null) {
            throw new Error(`the daemon ended with ${child.exitCode}:\n${log}`);
        }
        return client.getVersion(1000).then(
            () => true,
            () => false,
        );
    });
    const environment = (extra = {}) => ({
        ...guestEnvironment(plainEnvironment(), { shim: places.shim, links: places.shimLinks, endpoint }),
        ...extra,
    });
    return { endpoint, folder, child, pid: child.pid ?? 0, client, log: () => log, environment, ended };
}

/** Sessions that have not ended; the daemon lists the others for a while, for people. */
export async function liveSessions(daemon: DaemonHandle): Promise<number> {
    const { sessions } = await daemon.client.listSessions();
    return sessions.filter(({ state }) => state !== 'ended').length;
}

/** Runs a program to its end. */
export function runGuest(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Result> {
    return startGuest(command, env).ended;
}

/** Everything a reader of a failure needs: the command, the seed, and what the program said. */
export function describeResult(command: readonly string[], result: Result): string {
    const seed = `FERRY_TEST_SEED=${runSeed}`;
    const { code, stdout, stderr } = result;
    return `${seed} ${command.join(' ')}\nended with ${code}\nstdout: ${stdout}\nstderr: ${stderr}`;
}
