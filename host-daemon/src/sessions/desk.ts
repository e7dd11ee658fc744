// The sessions of one daemon: each a record of the state machine (sessions/session.ts) with its worker,
// ticket and meters. daemon/daemon.ts opens and ends them; what workers say arrives here. It does not
// decide who gets in.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { Log } from '../daemon/log.ts';
import { endpointOfTcp } from '../config/loopback.ts';
import { endpointOfSocket } from '../config/places.ts';
import { DaemonError } from '../errors.ts';
import { limits } from '../generated/limits.ts';
import type { DriverKind } from '../native.ts';
import { readMeters, zeroMeters, type Meters } from '../telemetry/meters.ts';
import type { UpRecord } from '../worker/messages.ts';
import type { WorkerProcess } from '../worker/process.ts';
import { findGuest, hasEnded } from './guest-process.ts';
import { openSession, stepSession, type SessionEvent, type SessionRecord } from './session.ts';

export interface SessionSettings {
    readonly workerFolder: string;
    readonly ticketTtlMs: number;
    readonly resumeGraceMs: number;
    readonly batchLimitBytes: number;
    readonly imageFolder: string;
    readonly imageCacheBytes: number;
    /** Where workers write their traces; empty: nowhere. */
    readonly traceFolder: string;
    readonly driver: DriverKind;
    readonly driverPath: string;
    readonly specHash: string;
    /** The only user whose processes may attach. */
    readonly uid: number;
}

export interface SessionEvents {
    readonly wants: (id: string) => void;
    readonly released: (id: string) => void;
    readonly ended: (id: string) => void;
}

export interface OpenedSession {
    readonly id: string;
    readonly endpoint: string;
    readonly ticket: Buffer;
}

interface Live {
    record: SessionRecord;
    meters: Meters;
    readonly worker: WorkerProcess;
    /** Resolves or rejects the Open that waits for the worker's socket; null when nobody waits. */
    opening: { resolve: (tcpPort: number) => void; reject: (error: Error) => void } | null;
    timer: NodeJS.Timeout | null;
    /** While its guest has not attached, and only where that can be seen to end. */
    guestTimer: NodeJS.Timeout | null;
    /** Why the daemon asked this session to end, kept until the worker has gone. */
    endReason: string | null;
    /** Looks in a row that found no guest process. */
    missedCount: number;
}

const listenLimitMs = 10_000;
const guestLookMs = 100;
// Ended sessions stay listed for people who ask what happened.
const endedKeptCount = 32;
// The worker itself notices at once, unless its driver blocks; it gets the time of one more look.
const orphanMissCount = 2;
// CUDA_ERROR_UNKNOWN and CUDA_ERROR_NOT_PERMITTED.
const lostResult = 999;
const notPermittedResult = 800;

// What a worker says of a guest that came over TCP: only its ticket vouches for it.
const unknownUid = 0xffff_ffff;

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
}

export class SessionDesk {
    readonly #settings: SessionSettings;
    readonly #events: SessionEvents;
    readonly #log: Log;
    readonly #live = new Map<string, Live>();
    readonly #ended: { record: SessionRecord; meters: Meters }[] = [];
    #emptied: (() => void)[] = [];

    constructor(settings: SessionSettings, events: SessionEvents, log: Log) {
        this.#settings = settings;
        this.#events = events;
        this.#log = log;
    }

    get liveCount(): number {
        return this.#live.size;
    }

    get openingCount(): number {
        return [...this.#live.values()].filter((live) => live.record.state === 'opening').length;
    }

    /** Live sessions by age, then the last ended ones. */
    list(): readonly { readonly record: SessionRecord; readonly meters: Meters }[] {
        return [...this.#live.values(), ...this.#ended];
    }

    /**
     * Gives the guest a worker of its own; resolves once the worker can be connected to: at a TCP port of
     * `tcpAddress`, or at its Unix socket when that is empty.
     */
    async open(
        asked: { program: string; guestPid: number },
        tcpAddress: string,
        worker: WorkerProcess,
    ): Promise<OpenedSession> {
        const id = randomBytes(6).toString('hex');
        const ticket = randomBytes(limits.ticketBytes);
        const socketPath = join(this.#settings.workerFolder, `${id}.sock`);
        const record = openSession({ id, ...asked, workerPid: worker.pid }, Date.now());
        const live: Live = {
            record,
            meters: zeroMeters,
            worker,
            opening: null,
            timer: null,
            guestTimer: null,
            endReason: null,
            missedCount: 0,
        };
        this.#live.set(id, live);
        this.#log.info({ session: id, ...asked, workerPid: worker.pid }, 'session opening');
        const listening = new Promise<number>((resolve, reject) => {
            live.opening = { resolve, reject };
        });
        this.#limit(live, listenLimitMs, 'the worker did not listen in time');
        this.#followGuest(live);
        worker.listen({
            record: (up) => this.#takeRecord(live, up),
            exited: (how) => this.#workerExited(live, how),
        });
        const { ticketTtlMs, resumeGraceMs, driver, driverPath, specHash, batchLimitBytes } = this.#settings;
        const { imageFolder, imageCacheBytes, traceFolder } = this.#settings;
        worker.send({
            t: 'start',
            socketPath,
            tcpAddress,
            ticket,
            ticketTtlMs,
            resumeGraceMs,
            driver,
            driverPath,
            specHash,
            batchLimitBytes,
            imageFolder,
            imageCacheBytes,
            traceFile: traceFolder === '' ? '' : join(traceFolder, `worker-${id}.trace`),
        });
        const port = await listening;
        const endpoint =
            tcpAddress === '' ? endpointOfSocket(socketPath) : endpointOfTcp({ host: tcpAddress, port });
        return { id, endpoint, ticket };
    }

    /** Ends one session: its guest sees `result` for ever. False when there is none of that id. */
    end(id: string, reason: string, result = lostResult): boolean {
        const live = this.#live.get(id);
        if (live === undefined) {
            return false;
        }
        live.endReason ??= reason;
        live.worker.stop(result);
        return true;
    }

    grant(id: string, quantumMs: number): void {
        this.#live.get(id)?.worker.send({ t: 'grant', quantumMs });
    }

    revoke(id: string): void {
        this.#live.get(id)?.worker.send({ t: 'revoke' });
    }

    /** Kills the worker at once, for one that no longer listens. */
    kill(id: string, reason: string): void {
        const live = this.#live.get(id);
        if (live !== undefined) {
            live.endReason ??= reason;
            live.worker.kill();
        }
    }

    /** Ends sessions whose guest is gone while the worker, in a driver call that blocks, cannot notice. */
    endOrphans(): void {
        for (const live of this.#live.values()) {
            const { state, guestPid, id } = live.record;
            // 0 is a guest in a process namespace that we cannot see into.
            if (state === 'opening' || guestPid <= 0 || isAlive(guestPid)) {
                live.missedCount = 0;
                continue;
            }
            live.missedCount += 1;
            if (live.missedCount >= orphanMissCount) {
                this.end(id, 'the guest is gone, and its worker did not notice');
            }
        }
    }

    drain(): void {
        for (const live of this.#live.values()) {
            this.#step(live, { kind: 'drain' });
        }
    }

    /** Resolves true when no session is left, false after `limitMs`. */
    async whenEmpty(limitMs: number): Promise<boolean> {
        if (this.#live.size === 0) {
            return true;
        }
        return new Promise((resolve) => {
            const timer = setTimeout(() => resolve(false), limitMs);
            this.#emptied.push(() => {
                clearTimeout(timer);
                resolve(true);
            });
        });
    }

    endAll(reason: string): void {
        for (const id of this.#live.keys()) {
            this.end(id, reason);
        }
    }

    #takeRecord(live: Live, up: UpRecord): void {
        const { id } = live.record;
        switch (up.t) {
            case 'listening':
                this.#limit(
                    live,
                    this.#settings.ticketTtlMs + 1000,
                    'no guest attached before its ticket expired',
                );
                live.opening?.resolve(up.tcpPort);
                live.opening = null;
                return;
            case 'attached':
                this.#attached(live, up.pid, up.uid === unknownUid ? null : up.uid);
                return;
            case 'wants':
                this.#events.wants(id);
                return;
            case 'released':
                this.#events.released(id);
                return;
            case 'meters':
                live.meters = readMeters(up.values);
                return;
            case 'ended':
                live.endReason ??= up.message === '' ? `the guest left (${up.result})` : up.message;
                // The worker ends itself after this; stop() only arms the timer that makes sure of it.
                live.worker.stop(up.result);
                return;
            case 'log':
                this.#logLine(id, up.level, up.message);
                return;
            case 'ready':
            case 'probed':
        }
    }

    #attached(live: Live, pid: number, uid: number | null): void {
        this.#stopTimers(live);
        this.#step(live, { kind: 'attached', pid, uid });
        const { id } = live.record;
        if (uid !== null && uid !== this.#settings.uid) {
            this.#log.warn({ session: id, guestPid: pid, uid }, 'guest of another user refused');
            this.end(id, `guest's user: expected ${this.#settings.uid}, got ${uid}`, notPermittedResult);
            return;
        }
        this.#log.info({ session: id, guestPid: pid, uid }, 'session attached');
    }

    #workerExited(live: Live, how: string): void {
        this.#stopTimers(live);
        const { id } = live.record;
        const reason = live.endReason ?? `the worker died: ${how}`;
        this.#step(live, { kind: 'ended', reason });
        live.opening?.reject(new DaemonError('worker_lost', `no worker for this guest: ${reason}`));
        live.opening = null;
        this.#live.delete(id);
        this.#ended.unshift({ record: live.record, meters: live.meters });
        this.#ended.length = Math.min(this.#ended.length, endedKeptCount);
        const spent = Object.fromEntries(
            Object.entries(live.meters).map(([name, value]) => [name, String(value)]),
        );
        this.#log[live.endReason === null ? 'error' : 'info'](
            { session: id, reason, ...spent },
            'session ended',
        );
        this.#events.ended(id);
        if (this.#live.size === 0) {
            this.#emptied.forEach((tell) => tell());
            this.#emptied = [];
        }
    }

    #step(live: Live, event: SessionEvent): void {
        live.record = stepSession(live.record, event, Date.now());
    }

    #limit(live: Live, limitMs: number, reason: string): void {
        if (live.timer !== null) {
            clearTimeout(live.timer);
        }
        live.timer = setTimeout(() => this.end(live.record.id, reason), limitMs);
    }

    /** Nothing else tells of a guest that ends before it has connected to its worker. */
    #followGuest(live: Live): void {
        const { id, guestPid, program } = live.record;
        const guest = findGuest(guestPid, program);
        if (guest === null) {
            return;
        }
        live.guestTimer = setInterval(() => {
            if (hasEnded(guest)) {
                this.#stopTimers(live);
                this.end(id, 'the guest ended before it attached');
            }
        }, guestLookMs);
    }

    #stopTimers(live: Live): void {
        if (live.guestTimer !== null) {
            clearInterval(live.guestTimer);
            live.guestTimer = null;
        }
        if (live.timer !== null) {
            clearTimeout(live.timer);
            live.timer = null;
        }
    }

    #logLine(id: string, level: string, message: string): void {
        switch (level) {
            case 'error':
            case 'warn':
            case 'debug':
                this.#log[level]({ session: id }, message);
                return;
            default:
                this.#log.info({ session: id }, message);
        }
    }
}
