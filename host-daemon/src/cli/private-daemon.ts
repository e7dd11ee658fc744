// A daemon for one `ferry run`, in a folder of its own, that ends with the one who started it. Also sweeps
// the folders of those that were killed together with their daemon.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpointOfSocket, places, type Environment } from '../config/places.ts';
import { DaemonError } from '../errors.ts';
import { canConnect } from './reach.ts';

export interface PrivateDaemon {
    readonly endpoint: string;
    stop(): Promise<void>;
}

const folderPrefix = 'ferry-run-';
const startLimitMs = 40_000;
const connectLimitMs = 1000;
const pollMs = 10;

function parentFolder(env: Environment): string {
    const runtimeFolder = env['XDG_RUNTIME_DIR'];
    return runtimeFolder !== undefined && runtimeFolder !== '' ? runtimeFolder : tmpdir();
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
}

function sweep(parent: string): void {
    for (const name of readdirSync(parent).filter((each) => each.startsWith(folderPrefix))) {
        const pid = Number(name.slice(folderPrefix.length).split('-')[0]);
        const path = join(parent, name);
        try {
            if (!isAlive(pid) && statSync(path).uid === process.getuid?.()) {
                rmSync(path, { recursive: true, force: true });
            }
        } catch {
            // Somebody else swept it first, or it is not ours to sweep; either way there is nothing to do.
        }
    }
}

/** Starts a daemon with `args` after `ferry daemon`, and answers once it serves. */
export async function startPrivateDaemon(args: readonly string[], env: Environment): Promise<PrivateDaemon> {
    const parent = parentFolder(env);
    sweep(parent);
    const folder = mkdtempSync(join(parent, `${folderPrefix}${process.pid}-`));
    const socket = join(folder, 'ferry.sock');
    const logPath = join(folder, 'daemon.log');
    const logFile = openSync(logPath, 'a', 0o600);
    const flags = ['--socket', socket, '--private', '--workers-warm', '1', '--log-format', 'text', ...args];
    // Detached: a Ctrl-C of the terminal is for the program, which may live on after it and need its device.
    const child = spawn(process.execPath, [places.cliEntry, 'daemon', ...flags], {
        detached: true,
        env: { ...env },
        stdio: ['pipe', 'ignore', logFile],
    });
    closeSync(logFile);
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const stop = async () => {
        child.stdin?.end();
        await ended;
    };
    try {
        await waitUntilServing(endpointOfSocket(socket), () => child.exitCode ?? child.signalCode);
    } catch (error) {
        const log = readFileSync(logPath, 'utf8').trim();
        await stop();
        rmSync(folder, { recursive: true, force: true });
        throw new DaemonError('unreachable', `the private daemon did not start:\n${log}`, error);
    }
    return { endpoint: endpointOfSocket(socket), stop };
}

async function waitUntilServing(endpoint: string, exit: () => number | string | null): Promise<void> {
    const deadlineMs = Date.now() + startLimitMs;
    while (Date.now() < deadlineMs && exit() === null) {
        if (await canConnect(endpoint, connectLimitMs)) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new DaemonError('unreachable', `no daemon at ${endpoint} (exit: ${exit() ?? 'none'})`);
}
