// What the daemon's tests share: folders, configurations with the fake addon, daemons as real processes,
// and a guest that speaks the fake addon's lines. Everything started here is ended by `cleanUp`.
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import { loadConfig, type FlagValues } from '../../host-daemon/src/config/load.ts';
import { endpointOfSocket, installRoot, places } from '../../host-daemon/src/config/places.ts';
import type { Config } from '../../host-daemon/src/config/settings.ts';
import { ControlClient } from '../../host-daemon/src/control/client.ts';
import type { WorkerSpec } from '../../host-daemon/src/worker/process.ts';
import { atEnd, newFolder, until } from '../clean-up.ts';

export { atEnd, cleanUp, newFolder, until } from '../clean-up.ts';

export const fakeAddon = join(installRoot, 'test', 'daemon', 'fake-addon.cjs');

/** A valid configuration on a socket of its own, with the fake addon. */
export function fakeConfig(flags: FlagValues = {}): Config {
    const socket = join(newFolder(), 'd', 'ferry.sock');
    const base: FlagValues = { 'socket': socket, 'device.driver': 'null', 'workers.addon': fakeAddon };
    return loadConfig({ ...base, ...flags }, {}).config;
}

export function fakeSpec(config: Config): WorkerSpec {
    return {
        entry: places.workerEntry,
        addon: config['workers.addon'],
        env: { PATH: process.env['PATH'] ?? '' },
    };
}

export function newClient(config: Config): ControlClient {
    const client = new ControlClient(endpointOfSocket(config.socket));
    atEnd(() => client.close());
    return client;
}

export interface Program {
    readonly child: ChildProcess;
    output(): string;
    /** Exit code, or the signal's name. */
    readonly ended: Promise<number | string>;
}

/** Starts `ferry args...` as a process of its own. */
export function startFerry(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const child = spawn(process.execPath, [places.cliEntry, ...args], {
        env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
    });
    let text = '';
    const take = (chunk: Buffer) => {
        text += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const ended = new Promise<number | string>((resolve) => {
        child.on('close', (code, signal) => resolve(signal ?? code ?? -1));
    });
    atEnd(async () => {
        child.kill('SIGKILL');
        await ended;
    });
    return { child, output: () => text, ended };
}

/** Starts a real daemon with the fake addon and waits until it serves. */
export async function startDaemonProcess(socket: string, args: readonly string[] = []): Promise<Program> {
    const flags = [
        '--socket',
        socket,
        '--device',
        'null',
        '--workers-addon',
        fakeAddon,
        '--log-format',
        'json',
    ];
    const daemon = startFerry(['daemon', ...flags, ...args]);
    await until(`ready: ${daemon.output()}`, () => daemon.output().includes('daemon ready'));
    return daemon;
}

/** A guest of the fake addon. */
export class FakeGuest {
    readonly #socket: Socket;
    #received = '';
    closed = false;

    private constructor(socket: Socket) {
        this.#socket = socket;
        socket.on('data', (bytes) => {
            this.#received += bytes.toString();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => {
            this.closed = true;
        });
    }

    static async connect(endpoint: string): Promise<FakeGuest> {
        const socket = connect(endpoint.slice('unix:'.length));
        await new Promise<void>((resolve, reject) => {
            socket.on('connect', resolve);
            socket.on('error', reject);
        });
        atEnd(() => void socket.destroy());
        return new FakeGuest(socket);
    }

    get lines(): string[] {
        return this.#received
            .trim()
            .split('\n')
            .filter((line) => line !== '');
    }

    say(line: string): void {
        this.#socket.write(`${line}\n`);
    }

    leave(): void {
        this.#socket.destroy();
    }
}

export function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}
