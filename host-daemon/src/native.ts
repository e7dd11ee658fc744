// The typed face of the native addon (native/src/addon). Imported by the worker's entry only: the daemon
// never loads it, because loading a GPU driver into the daemon would tie every guest's fate together.
import { createRequire } from 'node:module';

import { DaemonError, messageOf } from './errors.ts';

/** What executes the calls. `auto` is resolved by the daemon before anything reaches a worker. */
export type DriverKind = 'nvidia' | 'software' | 'null';

export interface StartOptions {
    readonly socketPath: string;
    /** A loopback address: listens on a TCP port there, too; empty: does not. */
    readonly tcpAddress: string;
    /** 32 bytes, accepted once. */
    readonly ticket: Buffer;
    readonly ticketTtlMs: number;
    /** How long a broken connection may be taken up again; 0: not at all. */
    readonly resumeGraceMs: number;
    readonly driver: DriverKind;
    readonly driverPath: string;
    readonly specHash: string;
    /** Shared with the engine, in the order of telemetry/meters.ts. */
    readonly meters: BigUint64Array;
    readonly batchLimitBytes: number;
    /** Where the engine writes spans; absent: it keeps none. */
    readonly trace?: Buffer;
    /** Where code images are kept for the next process that loads them. */
    readonly imageFolder: string;
    readonly imageCacheBytes: number;
}

export type AddonEvent =
    | { readonly type: 'listening'; readonly tcpPort: number }
    | { readonly type: 'attached'; readonly pid: number; readonly uid: number }
    | { readonly type: 'wants' }
    | { readonly type: 'released' }
    | { readonly type: 'ended'; readonly result: number; readonly message: string }
    | { readonly type: 'log'; readonly level: string; readonly message: string };

export interface ProbedDevice {
    readonly name: string;
    /** 16 bytes. */
    readonly uuid: Uint8Array;
    /** Bytes. */
    readonly totalMemory: bigint;
    /** Index is CUdevice_attribute. */
    readonly attributes: readonly number[];
}

export interface Probed {
    readonly driverVersion: number;
    readonly devices: readonly ProbedDevice[];
}

export interface Addon {
    start(options: StartOptions, onEvent: (event: AddonEvent) => void): void;
    command(kind: 'grant' | 'revoke' | 'stop', value: number): void;
    /** Loads the driver into this process, so it belongs into a process that ends afterwards. */
    probe(driver: DriverKind, driverPath: string): Probed;
    version(): unknown;
}

const functionNames = ['start', 'command', 'probe', 'version'] as const;

/** Throws DaemonError addon_missing, with what to do about it. */
export function loadAddon(path: string): Addon {
    let loaded: unknown;
    try {
        loaded = createRequire(import.meta.url)(path);
    } catch (error) {
        // The dynamic loader's message starts with the path, Node's own does not.
        const reason = messageOf(error).split('\n')[0]?.replace(`${path}: `, '') ?? '';
        const advice = 'build it with: npm run build';
        throw new DaemonError('addon_missing', `native addon ${path}: ${reason}; ${advice}`, error);
    }
    const exported = loaded as Record<string, unknown>;
    const absent = functionNames.filter((name) => typeof exported[name] !== 'function');
    if (absent.length > 0) {
        throw new DaemonError(
            'addon_missing',
            `native addon ${path}: expected functions ${absent.join(', ')}`,
        );
    }
    // SAFETY: the four functions are there; their shapes are the addon's side of this file.
    return loaded as Addon;
}
