// Every setting of the daemon, once: name, kind, limits, default and meaning. config/load.ts reads values
// through this table, the CLI builds its flags from it, --print-config prints it. Nothing else may name a
// setting's default.
import { limits } from '../generated/limits.ts';

interface Common {
    readonly doc: string;
    /** When the environment variable is not FERRY_ plus the key in capitals. */
    readonly env?: string;
    /** When the flag is not the key with dots and underscores as dashes. */
    readonly flag?: string;
}

export interface IntegerSetting extends Common {
    readonly kind: 'integer';
    readonly min: number;
    readonly max: number;
    readonly fallback: number;
    readonly unit: string;
}

export interface ChoiceSetting<Choice extends string = string> extends Common {
    readonly kind: 'choice';
    readonly choices: readonly Choice[];
    readonly fallback: Choice;
}

/** An empty path means "find it yourself"; where to look depends on the machine, see config/places.ts. */
export interface PathSetting extends Common {
    readonly kind: 'path';
    readonly maxLength: number;
    readonly fallback: '';
}

/** HOST:PORT of the loopback, or empty for none. */
export interface LoopbackSetting extends Common {
    readonly kind: 'loopback';
    readonly fallback: '';
}

export type Setting = IntegerSetting | ChoiceSetting | PathSetting | LoopbackSetting;

function choice<const Choice extends string>(
    choices: readonly Choice[],
    fallback: NoInfer<Choice>,
    rest: Common,
): ChoiceSetting<Choice> {
    return { kind: 'choice', choices, fallback, ...rest };
}

function integer(
    range: readonly [number, number],
    unit: string,
    fallback: number,
    rest: Common,
): IntegerSetting {
    return { kind: 'integer', min: range[0], max: range[1], unit, fallback, ...rest };
}

function path(maxLength: number, rest: Common): PathSetting {
    return { kind: 'path', maxLength, fallback: '', ...rest };
}

function loopback(rest: Common): LoopbackSetting {
    return { kind: 'loopback', fallback: '', ...rest };
}

// A Unix socket's path holds 107 bytes, and the workers' sockets are named after the daemon's with 20 bytes
// more.
const socketPathLimit = 87;
const hourMs = 3_600_000;

export const settings = {
    'socket': path(socketPathLimit, {
        doc: 'Unix socket of the control service; empty: ferry/ferry.sock in $XDG_RUNTIME_DIR, else in /run',
    }),
    'tcp': loopback({
        doc: 'HOST:PORT where guests may also come over TCP, of the loopback only; empty: nowhere',
    }),
    'device.driver': choice(['auto', 'nvidia', 'software', 'null'], 'auto', {
        doc: 'auto takes NVIDIA when its driver has a device, else the software device; null answers at once',
        env: 'FERRY_DEVICE',
        flag: 'device',
    }),
    'device.driver_path': path(4096, {
        doc: 'driver library to load; empty: the usual one of device.driver',
    }),
    'device.quantum_ms': integer([1, 10_000], 'ms', 10, {
        doc: 'how long one guest may keep the device while another waits',
    }),
    'device.revoke_limit_ms': integer([0, 24 * hourMs], 'ms', 5000, {
        doc: 'a guest that takes longer than this to give the device back is passed over; 0: never',
    }),
    'device.end_limit_ms': integer([0, 24 * hourMs], 'ms', 600_000, {
        doc: 'a guest that was passed over and does not answer for this long is ended; 0: never',
    }),
    'software.threads': integer([0, 1024], 'threads', 0, {
        doc: 'threads of the software device; 0: one per core',
        env: 'FERRY_SOFT_THREADS',
    }),
    'software.devices': integer([1, 16], 'devices', 1, {
        doc: 'software devices that a guest sees',
        env: 'FERRY_SOFT_DEVICES',
    }),
    'software.memory_bytes': integer([0, 2 ** 44], 'bytes', 0, {
        doc: 'memory of each software device; 0: half of the RAM, at most 16 GiB, shared out among them',
        env: 'FERRY_SOFT_MEMORY',
    }),
    'software.kernel_limit_ms': integer([0, 24 * hourMs], 'ms', 0, {
        doc: 'kernels of the software device that run longer end with error 702; 0: never',
        env: 'FERRY_SOFT_KERNEL_LIMIT_MS',
    }),
    'sessions.max': integer([1, 4096], 'sessions', 64, { doc: 'guests at the same time' }),
    'sessions.ticket_ttl_ms': integer([100, 600_000], 'ms', 10_000, {
        doc: 'how long a guest that was let in may take to attach',
    }),
    'sessions.resume_grace_ms': integer([0, 600_000], 'ms', limits.resumeGraceMs, {
        doc: 'how long a session waits for a guest whose connection broke; 0: it ends at once',
    }),
    'sessions.batch_limit_bytes': integer([65_536, limits.batchBytes], 'bytes', limits.batchBytes, {
        doc: 'largest batch a worker accepts',
    }),
    'images.cache_bytes': integer([0, 2 ** 40], 'bytes', 256 * 2 ** 20, {
        doc: 'code images kept for the next process that loads them; 0: none',
    }),
    'workers.warm': integer([0, 64], 'workers', 2, { doc: 'workers started ahead of need' }),
    'workers.spin_us': integer([0, 1000], 'us', limits.spinUs, {
        doc: 'how long a worker looks for more before it sleeps; 0 spares a core, and costs wake-ups',
    }),
    'workers.addon': path(4096, { doc: 'native addon of the workers; empty: build/native/ferry.node' }),
    'daemon.drain_limit_ms': integer([0, hourMs], 'ms', 5000, {
        doc: 'how long a stopping daemon waits for its guests to finish',
    }),
    'trace.folder': path(4096, {
        doc: 'existing folder into which workers write traces of their sessions; empty: none',
    }),
    'log.level': choice(['debug', 'info', 'warn', 'error'], 'info', {
        doc: 'least severe line that is logged',
    }),
    'log.format': choice(['auto', 'text', 'json'], 'auto', { doc: 'auto: text on a terminal, else JSON' }),
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;

type ValueOf<S> = S extends { readonly kind: 'integer' }
    ? number
    : S extends { readonly kind: 'choice'; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** A complete configuration: every key with a valid value. */
export type Config = { readonly [Key in SettingKey]: ValueOf<(typeof settings)[Key]> };

export const settingKeys = Object.keys(settings) as SettingKey[];

export function envNameOf(key: SettingKey): string {
    const setting: Setting = settings[key];
    return setting.env ?? `FERRY_${key.replaceAll('.', '_').toUpperCase()}`;
}

export function flagNameOf(key: SettingKey): string {
    const setting: Setting = settings[key];
    return setting.flag ?? key.replaceAll(/[._]/g, '-');
}
