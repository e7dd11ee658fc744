// Daemons of the benchmarks' own for one device, and how a guest reaches them over each carrier. Used by the
// runner. The classic model is FERRY_BATCH=off over gRPC on the Unix socket with guest and worker on
// different cores, both asleep while the other works: two wake-ups per call, as in every older design.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { startPrivateDaemon, type PrivateDaemon } from '../../host-daemon/src/cli/private-daemon.ts';
import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import { ControlClient } from '../../host-daemon/src/control/client.ts';
import type { Carrier, Device } from '../report/results.ts';
import { runGuest, type GuestReport } from './guest.ts';

export const programs = {
    guest: join(installRoot, 'build', 'bench', 'ferry-bench-guest'),
    limits: join(installRoot, 'build', 'bench', 'ferry-bench-limits'),
    relay: join(installRoot, 'build', 'bench', 'ferry-bench-relay'),
} as const;

const softwareLinks = join(installRoot, 'build', 'soft', 'links');
const guestLimitMs = 180_000;
// What begins with a session is over by then; or all of it: the daemon starts its next warm worker a second
// later, which takes a core for a tenth of a second, much of what a program here has.
const settleMs = { soon: 300, settled: 1_500 } as const;
const loopback = '127.0.0.1';
const guestCore = 0;
const workerCore = 1;

/** This process's environment without anything that would steer a guest. */
export function plainEnvironment(): Record<string, string> {
    const kept = Object.entries(process.env).filter(
        ([name, value]) => value !== undefined && !/^(LD_|FERRY_|CUDA_|NODE_OPTIONS)/.test(name),
    );
    return Object.fromEntries(kept) as Record<string, string>;
}

/** For a program that runs on the driver itself, without Ferry. */
export function nativeEnvironment(device: Device): Record<string, string> {
    const env = plainEnvironment();
    return device === 'nvidia'
        ? env
        : { ...env, LD_PRELOAD: places.softwareDriver, LD_LIBRARY_PATH: softwareLinks };
}

export interface RunRequest {
    readonly benchmark: string;
    readonly carrier: Carrier;
    readonly args: readonly string[];
    /** Waits for the session to settle and counts the worker's switches; the pause is not in the time. */
    readonly meets: keyof typeof settleMs | 'never';
    /** Where the guest looks for the daemon over TCP, when not where it is. */
    readonly tcpHost?: string;
}

interface Served {
    readonly daemon: PrivateDaemon;
    readonly client: ControlClient;
}

async function serve(flags: readonly string[]): Promise<Served> {
    const daemon = await startPrivateDaemon(flags, plainEnvironment());
    return { daemon, client: new ControlClient(daemon.endpoint) };
}

// A TCP port that nobody has now; a daemon says where it listens only to those who reach it.
async function freePort(): Promise<number> {
    const server = createServer();
    server.listen(0, loopback);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return port;
}

/** Two daemons for one device: one as people run it, and one whose workers sleep, for the classic model. */
export class BenchHost {
    readonly device: Device;
    readonly #usual: Served;
    readonly #asleep: Served;
    readonly #tcpPort: number;

    private constructor(device: Device, usual: Served, asleep: Served, tcpPort: number) {
        this.device = device;
        this.#usual = usual;
        this.#asleep = asleep;
        this.#tcpPort = tcpPort;
    }

    static async start(device: Device): Promise<BenchHost> {
        const flags = ['--device', device, '--workers-warm', '1'];
        const port = await freePort();
        const usual = await serve([...flags, '--tcp', `${loopback}:${port}`]);
        return new BenchHost(device, usual, await serve([...flags, '--workers-spin-us', '0']), port);
    }

    /** The device's name as the daemon tells it. */
    async describe(): Promise<string> {
        const { devices } = await this.#usual.client.listDevices();
        return devices[0]?.name ?? 'no device';
    }

    async stop(): Promise<void> {
        for (const { client, daemon } of [this.#usual, this.#asleep]) {
            client.close();
            await daemon.stop();
        }
    }

    /** Runs one benchmark guest over `carrier`; throws when it fails. */
    run(request: RunRequest): Promise<GuestReport> {
        const { carrier, benchmark, args } = request;
        const pinned = carrier === 'classic' && cpus().length > 1;
        const pin = pinned ? ['taskset', '-c', String(guestCore)] : [];
        const { meets } = request;
        const meet = (guestPid: number) =>
            this.#meet(guestPid, carrier, pinned, meets === 'never' ? 0 : settleMs[meets]);
        return runGuest({
            command: [...pin, programs.guest, benchmark, ...args],
            env: this.#environment(carrier, request.tcpHost),
            limitMs: guestLimitMs,
            ...(meets === 'never' ? {} : { meet }),
        });
    }

    #environment(carrier: Carrier, tcpHost = loopback): Record<string, string> {
        const env = plainEnvironment();
        if (carrier === 'direct') {
            return nativeEnvironment(this.device);
        }
        const { shim, shimLinks: links } = places;
        const endpoint = this.#endpointFor(carrier, tcpHost);
        const guest = guestEnvironment(env, { shim, links, endpoint });
        return carrier === 'classic'
            ? { ...guest, FERRY_CARRIER: 'unix', FERRY_BATCH: 'off', FERRY_SPIN_US: '0' }
            : { ...guest, FERRY_CARRIER: carrier };
    }

    #endpointFor(carrier: Carrier, tcpHost: string): string {
        if (carrier === 'tcp') {
            return `tcp:${tcpHost}:${this.#tcpPort}`;
        }
        return (carrier === 'classic' ? this.#asleep : this.#usual).daemon.endpoint;
    }

    async #meet(guestPid: number, carrier: Carrier, pinned: boolean, waitMs: number): Promise<number> {
        await new Promise((resolve) => setTimeout(resolve, carrier === 'direct' ? settleMs.soon : waitMs));
        if (carrier === 'direct') {
            return 0;
        }
        const { client } = carrier === 'classic' ? this.#asleep : this.#usual;
        const { sessions } = await client.listSessions();
        const attached = sessions.filter(({ state }) => state === 'attached');
        // Over TCP the daemon cannot know the guest's pid; then it is the only session.
        const own = attached.find((each) => each.guestPid === guestPid) ?? attached.at(-1);
        const worker = own?.workerPid ?? 0;
        if (pinned && worker > 0) {
            spawnSync('taskset', ['-a', '-c', '-p', String(workerCore), String(worker)]);
        }
        return worker;
    }
}
