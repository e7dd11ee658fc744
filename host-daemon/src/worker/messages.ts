// The records between daemon and worker: `down` to the worker, `up` to the daemon. Types only, plus the
// check of what came up, because a worker runs a driver fed by a stranger and its bytes are not trusted
// more than that.
import type { DriverKind, Probed, ProbedDevice } from '../native.ts';

export type DownRecord =
    | {
          readonly t: 'start';
          readonly socketPath: string;
          readonly tcpAddress: string;
          readonly ticket: Uint8Array;
          readonly ticketTtlMs: number;
          readonly resumeGraceMs: number;
          readonly driver: DriverKind;
          readonly driverPath: string;
          readonly specHash: string;
          readonly batchLimitBytes: number;
          readonly imageFolder: string;
          readonly imageCacheBytes: number;
          /** Empty: no trace is kept. */
          readonly traceFile: string;
      }
    | { readonly t: 'grant'; readonly quantumMs: number }
    | { readonly t: 'revoke' }
    | { readonly t: 'stop'; readonly result: number }
    | { readonly t: 'probe'; readonly driver: DriverKind; readonly driverPath: string };

export type UpRecord =
    | { readonly t: 'ready' }
    | { readonly t: 'listening'; readonly tcpPort: number }
    | { readonly t: 'attached'; readonly pid: number; readonly uid: number }
    | { readonly t: 'wants' }
    | { readonly t: 'released' }
    | { readonly t: 'meters'; readonly values: readonly bigint[] }
    | { readonly t: 'ended'; readonly result: number; readonly message: string }
    | { readonly t: 'log'; readonly level: string; readonly message: string }
    | { readonly t: 'probed'; readonly error: string | null; readonly probed: Probed | null };

type Fields = Readonly<Record<string, unknown>>;

/**
 * The record when it is one, else null. Numbers may arrive as bigint and the other way round; both are
 * accepted.
 */
export function parseUpRecord(value: unknown): UpRecord | null {
    if (typeof value !== 'object' || value === null) {
        return null;
    }
    const fields = value as Fields;
    switch (fields['t']) {
        case 'ready':
        case 'wants':
        case 'released':
            return { t: fields['t'] };
        case 'listening':
            return { t: 'listening', tcpPort: numberOf(fields['tcpPort']) };
        case 'attached':
            return { t: 'attached', pid: numberOf(fields['pid']), uid: numberOf(fields['uid']) };
        case 'meters':
            return { t: 'meters', values: listOf(fields['values']).map(bigintOf) };
        case 'ended':
            return { t: 'ended', result: numberOf(fields['result']), message: textOf(fields['message']) };
        case 'log':
            return { t: 'log', level: textOf(fields['level']), message: textOf(fields['message']) };
        case 'probed':
            return parseProbed(fields);
        default:
            return null;
    }
}

function parseProbed(fields: Fields): UpRecord {
    const probed = fields['probed'];
    if (typeof probed !== 'object' || probed === null) {
        return { t: 'probed', error: textOf(fields['error']), probed: null };
    }
    const inner = probed as Fields;
    const devices = listOf(inner['devices']).map(parseDevice);
    return { t: 'probed', error: null, probed: { driverVersion: numberOf(inner['driverVersion']), devices } };
}

function parseDevice(value: unknown): ProbedDevice {
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Fields;
    const uuid = fields['uuid'];
    return {
        name: textOf(fields['name']),
        uuid: uuid instanceof Uint8Array ? uuid : new Uint8Array(16),
        totalMemory: bigintOf(fields['totalMemory']),
        attributes: listOf(fields['attributes']).map(numberOf),
    };
}

function listOf(value: unknown): unknown[] {
    return Array.isArray(value) ? value : [];
}

// Long enough for every message of ours; a flood of text from a worker must not become a flood in the log.
const textLimit = 2000;

function textOf(value: unknown): string {
    return typeof value === 'string' ? value.slice(0, textLimit) : '';
}

function numberOf(value: unknown): number {
    const number = Number(typeof value === 'bigint' || typeof value === 'number' ? value : -1);
    return Number.isSafeInteger(number) ? number : -1;
}

function bigintOf(value: unknown): bigint {
    if (typeof value === 'bigint') {
        return value;
    }
    return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : 0n;
}
