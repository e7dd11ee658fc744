// Which driver this daemon's workers load, found by asking a child process to load it. Called once at the
// daemon's start, and by `ferry doctor`. The daemon itself never loads a driver.
import { DaemonError } from '../errors.ts';
import type { DriverKind, Probed } from '../native.ts';
import { WorkerProcess, type WorkerSpec } from '../worker/process.ts';
import { places } from '../config/places.ts';

export interface ChosenDevice extends Probed {
    readonly driver: DriverKind;
    readonly driverPath: string;
}

export type ProbeOutcome =
    | { readonly found: true; readonly device: ChosenDevice }
    | { readonly found: false; readonly reason: string };

// The first cuInit on a machine with many GPUs and no persistence mode takes several seconds.
const probeLimitMs = 30_000;

/** Where `driver` is looked for when the configuration does not say. */
export function usualDriverPath(driver: DriverKind): string {
    switch (driver) {
        case 'nvidia':
            return 'libcuda.so.1';
        case 'software':
            return places.softwareDriver;
        case 'null':
            return '';
    }
}

/** Loads the driver in a process of its own and answers what it has. */
export function probeDriver(spec: WorkerSpec, driver: DriverKind, driverPath: string): Promise<ProbeOutcome> {
    const worker = new WorkerProcess(spec);
    return new Promise((resolve) => {
        const finish = (outcome: ProbeOutcome) => {
            clearTimeout(timer);
            worker.kill();
            resolve(outcome);
        };
        const fail = (reason: string) => finish({ found: false, reason });
        const timer = setTimeout(() => fail(`no answer within ${probeLimitMs / 1000} s`), probeLimitMs);
        worker.listen({
            record: (record) => {
                if (record.t === 'ended') {
                    fail(record.message);
                } else if (record.t === 'probed' && record.probed !== null) {
                    finish({ found: true, device: { driver, driverPath, ...record.probed } });
                } else if (record.t === 'probed') {
                    fail(record.error ?? 'no answer');
                }
            },
            exited: (how) => fail(`the probe ended with ${how}`),
        });
        worker.send({ t: 'probe', driver, driverPath });
    });
}

/**
 * The device for `wanted`. `auto` takes NVIDIA when its driver has a device, else the software device;
 * `passedOver` hears why one was not taken. Throws DaemonError device_unavailable.
 */
export async function chooseDevice(
    spec: WorkerSpec,
    wanted: DriverKind | 'auto',
    driverPath: string,
    passedOver: (driver: DriverKind, reason: string) => void,
): Promise<ChosenDevice> {
    const candidates: readonly DriverKind[] = wanted === 'auto' ? ['nvidia', 'software'] : [wanted];
    // All at once: a probe is mostly the start of a process, and somebody waits for this daemon.
    const outcomes = await Promise.all(
        candidates.map(async (driver) => {
            const path = driverPath !== '' ? driverPath : usualDriverPath(driver);
            return { driver, outcome: await probeDriver(spec, driver, path) };
        }),
    );
    const reasons: string[] = [];
    for (const { driver, outcome } of outcomes) {
        const reason = reasonAgainst(outcome);
        if (outcome.found && reason === null) {
            return outcome.device;
        }
        passedOver(driver, reason ?? 'unknown');
        reasons.push(`${driver}: ${reason}`);
    }
    throw new DaemonError('device_unavailable', `no usable device (${reasons.join('; ')})`);
}

function reasonAgainst(outcome: ProbeOutcome): string | null {
    if (!outcome.found) {
        return outcome.reason;
    }
    return outcome.device.devices.length === 0 ? 'its driver has no device' : null;
}
