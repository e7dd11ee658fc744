// The daemon: puts control service, sessions, workers and arbiter together, and takes them apart again.
// Started by `ferry daemon` and by tests. Decisions are in policy/; no driver is loaded here.
import { basename, join } from 'node:path';

import type { Config } from '../config/settings.ts';
import { parseLoopback, type LoopbackAddress } from '../config/loopback.ts';
import { readVersion } from '../config/places.ts';
import type {
    ControlHandlers,
    ListDevicesReply,
    ListSessionsReply,
    OpenReply,
    OpenRequest,
} from '../control/messages.ts';
import { serveControl, type ControlServer } from '../control/server.ts';
import { DaemonError, messageOf } from '../errors.ts';
import { admit } from '../policy/admission.ts';
import type { ArbiterAction, ArbiterEvent } from '../policy/arbiter.ts';
import { SessionDesk } from '../sessions/desk.ts';
import { specHash, wireVersion } from '../generated/wire.ts';
import { WorkerPool } from '../worker/pool.ts';
import type { WorkerSpec } from '../worker/process.ts';
import type { ChosenDevice } from './device.ts';
import { LeaseDesk } from './lease-desk.ts';
import { lockSocket, type SocketLock } from './lock.ts';
import type { Log } from './log.ts';
import { sessionMessage } from './session-message.ts';

// After the drain: how long workers have for their last words, then how long the control service has for
// its own.
const lastWordsMs = 4000;
const closeServerMs = 500;
const maxOpening = 16;
const orphanIntervalMs = 1500;
const programLimit = 256;

// A guest chooses this text, and operators see it on their terminals.
function printable(text: string): string {
    return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
}

export class Daemon {
    readonly #config: Config;
    readonly #log: Log;
    readonly #tcp: LoopbackAddress | null;
    readonly #lock: SocketLock;
    readonly #device: ChosenDevice;
    readonly #pool: WorkerPool;
    readonly #sessions: SessionDesk;
    readonly #leases: LeaseDesk;
    #server: ControlServer | null = null;
    readonly #orphanTimer: NodeJS.Timeout;
    #stopping: Promise<void> | null = null;

    /**
     * Takes the lock, starts serving with the device once it is found. Throws DaemonError; nothing is left
     * behind when it does.
     */
    static async start(
        config: Config,
        spec: WorkerSpec,
        log: Log,
        found: Promise<ChosenDevice>,
    ): Promise<Daemon> {
        const lock = lockSocket(config.socket);
        try {
            const device = await found;
            const daemon = new Daemon(config, spec, log, lock, device);
            await daemon.#serve();
            return daemon;
        } catch (error) {
            lock.release();
            throw error;
        }
    }

    private constructor(config: Config, spec: WorkerSpec, log: Log, lock: SocketLock, device: ChosenDevice) {
        this.#config = config;
        this.#log = log;
        this.#tcp = parseLoopback(config.tcp);
        this.#lock = lock;
        this.#device = device;
        this.#pool = new WorkerPool(spec, config['workers.warm'], {
            lost: (how) => log.warn({ how }, 'a warm worker died'),
        });
        this.#leases = new LeaseDesk(
            {
                quantumMs: config['device.quantum_ms'],
                revokeLimitMs: config['device.revoke_limit_ms'],
                endLimitMs: config['device.end_limit_ms'],
            },
            (action) => this.#act(action),
        );
        this.#sessions = new SessionDesk(
            {
                workerFolder: lock.workerFolder,
                ticketTtlMs: config['sessions.ticket_ttl_ms'],
                resumeGraceMs: config['sessions.resume_grace_ms'],
                batchLimitBytes: config['sessions.batch_limit_bytes'],
                imageFolder: join(lock.workerFolder, 'images'),
                imageCacheBytes: config['images.cache_bytes'],
                traceFolder: config['trace.folder'],
                driver: device.driver,
                driverPath: device.driverPath,
                specHash,
                uid: process.getuid?.() ?? 0,
            },
            {
                wants: (id) => this.#takeLease({ kind: 'wants', id }),
                released: (id) => this.#takeLease({ kind: 'released', id }),
                ended: (id) => this.#takeLease({ kind: 'ended', id }),
            },
            log,
        );
        this.#orphanTimer = setInterval(() => this.#sessions.endOrphans(), orphanIntervalMs);
        // A daemon that cannot start must be able to exit.
        this.#orphanTimer.unref();
    }

    /** Admits nobody, waits for the guests as long as the configuration says, then ends them. Idempotent. */
    stop(reason: string): Promise<void> {
        this.#stopping ??= this.#stop(reason);
        return this.#stopping;
    }

    /** For a second signal: stops waiting for guests. */
    hurry(): void {
        this.#sessions.endAll('the daemon was told twice to stop');
    }

    async #serve(): Promise<void> {
        try {
            this.#server = await serveControl(
                this.#config.socket,
                this.#tcp,
                this.#handlers(),
                (method, error) =>
                    this.#log.error({ method, error: messageOf(error) }, 'control call failed unexpectedly'),
            );
        } catch (error) {
            this.#pool.close();
            throw error;
        }
        const { driver, driverPath, devices } = this.#device;
        const names = devices.map((device) => device.name);
        const tcp = this.#server.tcpEndpoint === null ? {} : { tcp: this.#server.tcpEndpoint };
        const { socket } = this.#config;
        this.#log.info({ socket, ...tcp, driver, driverPath, devices: names }, 'daemon ready');
    }

    async #stop(reason: string): Promise<void> {
        this.#log.info({ reason, sessions: this.#sessions.liveCount }, 'daemon stopping');
        this.#server?.setServing(false);
        this.#sessions.drain();
        if (!(await this.#sessions.whenEmpty(this.#config['daemon.drain_limit_ms']))) {
            this.#sessions.endAll('the daemon stopped');
            await this.#sessions.whenEmpty(lastWordsMs);
        }
        this.#pool.close();
        this.#leases.close();
        clearInterval(this.#orphanTimer);
        await this.#server?.close(closeServerMs);
        this.#lock.release();
        this.#log.info('daemon stopped');
    }

    #handlers(): ControlHandlers {
        // Read now: a daemon that is out of descriptors must still be able to say what it is.
        const version = { version: readVersion(), wireVersion, specHash };
        return {
            getVersion: () => version,
            open: (request) => this.#open(request),
            close: ({ sessionId }) => {
                if (!this.#sessions.end(sessionId, 'closed by an operator')) {
                    throw new DaemonError(
                        'no_such_session',
                        `session: expected a live one, got ${sessionId.slice(0, 64)}`,
                    );
                }
                return {};
            },
            listSessions: () => this.#listSessions(),
            listDevices: () => this.#listDevices(),
        };
    }

    async #open(request: OpenRequest): Promise<OpenReply> {
        const load = {
            draining: this.#stopping !== null,
            liveSessions: this.#sessions.liveCount,
            openingSessions: this.#sessions.openingCount,
        };
        const verdict = admit(request, { wireVersion, specHash }, load, {
            maxSessions: this.#config['sessions.max'],
            maxOpening,
        });
        const program = printable(basename(request.program)).slice(0, programLimit);
        if (!verdict.admitted) {
            this.#log.warn({ program, guestPid: request.pid, reason: verdict.message }, 'guest refused');
            throw new DaemonError(verdict.code, verdict.message);
        }
        const tcpAddress = request.wantsTcp === true ? (this.#tcp?.host ?? '') : '';
        const asked = { program, guestPid: request.pid };
        const opened = await this.#sessions.open(asked, tcpAddress, this.#pool.take());
        const { id: sessionId, endpoint, ticket } = opened;
        return { sessionId, endpoint, ticket, ticketTtlMs: this.#config['sessions.ticket_ttl_ms'] };
    }

    #listSessions(): ListSessionsReply {
        return {
            sessions: this.#sessions.list().map(({ record, meters }) => sessionMessage(record, meters)),
        };
    }

    #listDevices(): ListDevicesReply {
        const { driver, driverPath, driverVersion, devices } = this.#device;
        return {
            driver,
            driverPath,
            driverVersion,
            devices: devices.map((device) => ({ ...device, totalMemory: String(device.totalMemory) })),
            arbiterDecisions: String(this.#leases.decisions),
        };
    }

    #takeLease(event: Exclude<ArbiterEvent, { kind: 'tick' }>): void {
        this.#log.debug({ session: event.id, event: event.kind }, 'lease');
        this.#leases.take(event);
    }

    #act(action: ArbiterAction): void {
        this.#log.debug({ session: action.id, action: action.kind }, 'lease');
        switch (action.kind) {
            case 'grant':
                this.#sessions.grant(action.id, action.quantumMs);
                return;
            case 'revoke':
                this.#sessions.revoke(action.id);
                return;
            case 'passOver':
                this.#log.warn({ session: action.id }, 'session does not give the device back: passed over');
                return;
            case 'end':
                this.#log.warn({ session: action.id }, 'session has not answered since it was passed over');
                this.#sessions.kill(action.id, 'it did not give the device back');
        }
    }
}
