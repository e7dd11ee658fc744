// A relay between guests and a daemon that cuts, stalls and delays the connections through it. It serves Open
// itself, asks the real daemon, and answers a listener of its own in place of the worker's, so that the
// guest's data stream runs through here, on TCP and on Unix sockets alike. What it forwards it forwards byte
// for byte.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import grpc from '@grpc/grpc-js';

import type { ControlClient } from '../../host-daemon/src/control/client.ts';
import type { OpenRequest } from '../../host-daemon/src/control/messages.ts';
import { controlService } from '../../host-daemon/src/control/schema.ts';

export type Kind = 'tcp' | 'unix';

function listen(server: Server, kind: Kind, folder: string, name: string): Promise<string> {
    return new Promise((resolve, reject) => {
        server.on('error', reject);
        if (kind === 'unix') {
            const path = join(folder, name);
            server.listen(path, () => resolve(`unix:${path}`));
            return;
        }
        server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(`tcp:127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
        });
    });
}

function dial(endpoint: string): Socket {
    if (endpoint.startsWith('unix:')) {
        return connect(endpoint.slice('unix:'.length));
    }
    const [, host = '', port = ''] = /^tcp:(.+):(\d+)$/.exec(endpoint) ?? [];
    return connect({ host, port: Number(port), noDelay: true });
}

export class Relay {
    readonly endpoint: string;
    /** Connections of data streams so far; each one after the first is somebody coming back. */
    connectionCount = 0;
    /** Bytes of data streams forwarded so far. */
    forwardedBytes = 0;
    /** Refuses new connections of data streams while true. */
    closed = false;
    /** Breaks this many connections to come, each after so many bytes: also before there is a session. */
    readonly breaks: number[] = [];
    /** Milliseconds that what arrives is held back, asked anew for each chunk; what follows waits, too. */
    delayMs: () => number = () => 0;
    readonly #server: grpc.Server;
    readonly #listeners: Server[] = [];
    readonly #pairs = new Set<readonly [Socket, Socket]>();
    /** Workers whose guest has its first Welcome: before that there is no session that could go on. */
    readonly #welcomed = new Set<string>();
    readonly #workers = new Map<Socket, string>();
    readonly #folder: string;
    #stalled = false;

    /** Between guests and `daemon`, with listeners of `kind`. */
    static async start(daemon: ControlClient, kind: Kind): Promise<Relay> {
        const folder = mkdtempSync(join(tmpdir(), 'ferry-relay-'));
        const server = new grpc.Server();
        const target = kind === 'unix' ? `unix:${join(folder, 'control')}` : '127.0.0.1:0';
        const relay: { current: Relay | null } = { current: null };
        const open: grpc.handleUnaryCall<OpenRequest, object> = (call, reply) => {
            const asked = daemon.open({ ...call.request, wantsTcp: kind === 'tcp' });
            asked.then(
                async (opened) => {
                    const endpoint = await relay.current?.interpose(opened.endpoint, kind, opened.sessionId);
                    reply(null, { ...opened, endpoint });
                },
                (error: unknown) => reply({ code: grpc.status.UNAVAILABLE, details: String(error) }),
            );
        };
        const absent = () => undefined;
        // SAFETY: guests call Open and nothing else.
        const others = { GetVersion: absent, Close: absent, ListSessions: absent, ListDevices: absent };
        const handlers = { ...others, Open: open };
        server.addService(controlService, handlers as unknown as grpc.UntypedServiceImplementation);
        const port = await new Promise<number>((resolve, reject) => {
            server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error, bound) =>
                error === null ? resolve(bound) : reject(error),
            );
        });
        relay.current = new Relay(server, folder, kind === 'unix' ? target : `tcp:127.0.0.1:${port}`);
        return relay.current;
    }

    private constructor(server: grpc.Server, folder: string, endpoint: string) {
        this.#server = server;
        this.#folder = folder;
        this.endpoint = endpoint;
    }

    interpose(worker: string, kind: Kind, name: string): Promise<string> {
        const options = { allowHalfOpen: true, noDelay: true };
        const server = createServer(options, (guest) => this.#join(guest, worker));
        this.#listeners.push(server);
        return listen(server, kind, this.#folder, name);
    }

    #join(guest: Socket, worker: string): void {
        guest.on('error', () => undefined);
        if (this.closed) {
            guest.destroy();
            return;
        }
        this.connectionCount += 1;
        const host = dial(worker);
        host.on('error', () => guest.destroy());
        const pair = [guest, host] as const;
        this.#pairs.add(pair);
        this.#workers.set(host, worker);
        let answeredBytes = 0;
        let leftBytes = this.breaks.shift() ?? Number.POSITIVE_INFINITY;
        host.on('data', (bytes: Buffer) => (answeredBytes += bytes.length));
        // A batch: no other thing a guest says behind the description of the devices is as long.
        guest.on('data', (bytes: Buffer) => {
            if (answeredBytes > 250 && bytes.length > 50) {
                this.#welcomed.add(worker);
            }
        });
        for (const [from, to] of [pair, [host, guest] as const]) {
            const later = this.#delayed();
            from.on('data', (bytes: Buffer) => {
                const passed = leftBytes < bytes.length ? bytes.subarray(0, Math.max(leftBytes, 0)) : bytes;
                later(() => this.#pass(from, to, passed));
                leftBytes -= bytes.length;
                if (leftBytes < 0) {
                    pair.forEach((socket) => socket.destroy());
                }
            });
            to.on('drain', () => (this.#stalled ? undefined : from.resume()));
            from.on('end', () => later(() => to.end()));
            from.on('close', () => {
                this.#pairs.delete(pair);
                later(() => to.destroy());
            });
        }
    }

    /** Does what it is given in order, each thing after the delay of its time. */
    #delayed(): (act: () => void) => void {
        const waiting: (() => void)[] = [];
        let dueMs = 0;
        return (act) => {
            dueMs = Math.max(dueMs, performance.now() + this.delayMs());
            const waitMs = dueMs - performance.now();
            if (waitMs <= 0 && waiting.length === 0) {
                act();
                return;
            }
            waiting.push(act);
            setTimeout(() => waiting.shift()?.(), waitMs);
        };
    }

    #pass(from: Socket, to: Socket, bytes: Buffer): void {
        this.forwardedBytes += bytes.length;
        if (!to.destroyed && !to.write(bytes)) {
            from.pause();
        }
    }

    /** Breaks every session's connections, wherever in a frame they are; `reset`: without an orderly end. */
    cut(reset: boolean): void {
        for (const pair of this.#pairs) {
            if (!this.#welcomed.has(this.#workers.get(pair[1]) ?? '')) {
                continue;
            }
            this.#pairs.delete(pair);
            for (const socket of pair) {
                if (reset && !(socket.remoteFamily === undefined)) {
                    socket.resetAndDestroy();
                } else {
                    socket.destroy();
                }
            }
        }
    }

    /** Forwards nothing more on the connections there are; new ones are forwarded. */
    stall(): void {
        this.#stalled = true;
        for (const socket of [...this.#pairs].flat()) {
            socket.pause();
        }
    }

    /** As if nothing had been. */
    unstall(): void {
        this.#stalled = false;
        for (const socket of [...this.#pairs].flat()) {
            socket.resume();
        }
    }

    close(): void {
        this.closed = true;
        this.cut(false);
        this.#listeners.forEach((server) => server.close());
        this.#server.forceShutdown();
        rmSync(this.#folder, { recursive: true, force: true });
    }
}
