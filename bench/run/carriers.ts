// Which carriers this build and this machine have: each is tried with a short guest, and the shim's own
// counters say what carried it. A carrier that was asked for and not taken is not measured under its name.
import type { Carrier } from '../report/results.ts';
import type { BenchHost } from './host.ts';

export interface Availability {
    readonly carriers: readonly Carrier[];
    readonly unavailable: readonly { readonly carrier: Carrier; readonly reason: string }[];
}

/**
 * Why `counters` show that a guest was not carried by `carrier`, or null when it was. A shim that does not
 * say has gRPC only, on the socket that it was sent to.
 */
export function mismatchOf(
    carrier: Carrier,
    counters: Readonly<Record<string, unknown>> | null,
): string | null {
    if (carrier === 'direct') {
        return counters === null ? null : 'the direct run was forwarded';
    }
    if (counters === null) {
        return 'the guest was not forwarded';
    }
    const expected = carrier === 'classic' ? 'unix' : carrier;
    const actual = counters['carrier'] ?? (expected === 'ring' ? 'gRPC' : expected);
    return actual === expected ? null : `the guest was carried by ${String(actual)}`;
}

/** Tries each of `wanted` on `host`. */
export async function findCarriers(host: BenchHost, wanted: readonly Carrier[]): Promise<Availability> {
    const available: Carrier[] = [];
    const unavailable: { carrier: Carrier; reason: string }[] = [];
    for (const carrier of wanted) {
        const reason = await tryCarrier(host, carrier);
        if (reason === null) {
            available.push(carrier);
        } else {
            unavailable.push({ carrier, reason });
        }
    }
    return { carriers: available, unavailable };
}

async function tryCarrier(host: BenchHost, carrier: Carrier): Promise<string | null> {
    if (carrier === 'direct' && host.device === 'null') {
        return 'the null device has no library of its own';
    }
    // Needs no result from the device, so that it passes on the null device too.
    const request = { benchmark: 'calibrate', carrier, args: ['--quick'], meets: 'never' } as const;
    try {
        return mismatchOf(carrier, (await host.run(request)).counters);
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
}
