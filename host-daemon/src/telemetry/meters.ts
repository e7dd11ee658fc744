// What a session has spent: the order of the addon's shared counters, and their names everywhere else. Read
// by the worker's entry (values), the daemon (per session) and the control service (on the wire).

/**
 * In the order of the addon's `meters` array. The last two are the worker process's context switches,
 * filled in by its entry.
 */
export const meterNames = [
    'records',
    'batches',
    'replies',
    'bytesIn',
    'bytesOut',
    'deviceBytes',
    'launches',
    'leases',
    'resumes',
    'presents',
    'glSwitches',
    'voluntarySwitches',
    'involuntarySwitches',
] as const;

export type MeterName = (typeof meterNames)[number];
export type Meters = Readonly<Record<MeterName, bigint>>;

/** Length of the array shared with the addon; what lies beyond the names is spare. */
export const meterSlotCount = 16;

export function readMeters(values: ArrayLike<bigint>): Meters {
    const entries = meterNames.map((name, index) => [name, values[index] ?? 0n] as const);
    return Object.fromEntries(entries) as Record<MeterName, bigint>;
}

export const zeroMeters: Meters = readMeters([]);
