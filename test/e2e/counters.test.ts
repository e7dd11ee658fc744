// What Ferry is for: a program pays for waiting, not for calling. Read from the counters that the shim writes
// when the guest exits, never from a clock.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import type { GuestStats } from '../../host-daemon/src/cli/stats.ts';
import { places } from '../../host-daemon/src/config/places.ts';
import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    newFolder,
    plainEnvironment,
    runGuest,
    seedFor,
    startDaemon,
} from './harness.ts';

const guests = await buildGuests();
const daemon = await startDaemon();
afterAll(cleanUp);

interface Counters {
    readonly carrier: string;
    readonly calls: number;
    readonly records: number;
    readonly batches: number;
    readonly round_trips: number;
    readonly blocked_ns: number;
    readonly blocking: Readonly<Record<string, number>>;
    readonly by_call: Readonly<Record<string, number>>;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function countersOf(
    count: number,
    extra: Readonly<Record<string, string>> = {},
    program = 'many_launches',
): Promise<Counters> {
    const file = join(newFolder(), 'stats.jsonl');
    const command = [guests.driver(program), String(seedFor('counters')), String(count)];
    const result = await runGuest(command, daemon.environment({ FERRY_STATS_FILE: file, ...extra }));
    expect(result.code, describeResult(command, result)).toBe(0);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(1);
    return JSON.parse(lines[0] ?? '') as Counters;
}

describe('a program that waits for the device', () => {
    // The device may be made of the cores that our own threads would take.
    it.each(['ring', 'unix'])('is left alone by the thread that seals by age: %s', async (carrier) => {
        const waits = 10;
        const command = [guests.driver('quiet_wait'), String(seedFor('quiet_wait')), String(waits)];
        const result = await runGuest(command, daemon.environment({ FERRY_CARRIER: carrier }));
        expect(result.stdout, describeResult(command, result)).toMatch(/^PASS quiet_wait /m);
        const sleeps = Number(/^sleeps (\d+)$/m.exec(result.stdout)?.[1]);
        // Two looks, and those while records were packed; fifty, where it does not see that somebody waits.
        expect(sleeps / waits).toBeLessThan(12);
    });
});

describe('counters of the shim', () => {
    it('show at most one more wait for 100,000 launches than for none', async () => {
        const idle = await countersOf(0);
        const busy = await countersOf(100_000);
        expect(busy.calls - idle.calls).toBe(100_000);
        expect(busy.records - idle.records).toBe(100_000);
        expect(busy.round_trips - idle.round_trips).toBeLessThanOrEqual(1);
        expect(busy.batches - idle.batches).toBeLessThan(20_000);
    });

    it('show a few waits for 20,000 allocations, frees and questions for the memory left', async () => {
        const idle = await countersOf(0, {}, 'device_blocks');
        const busy = await countersOf(20_000, {}, 'device_blocks');
        expect(busy.calls - idle.calls).toBe(80_000);
        // Questions are asked of the host again every 10 ms; allocations take a loan, or a few.
        const questions = busy.blocking['cuMemGetInfo_v2'] ?? 0;
        expect(busy.round_trips - idle.round_trips - questions).toBeLessThan(20);
        expect(questions).toBeLessThan(2_000);
    });

    it('show one wait for each time that known code is loaded, run, waited for and unloaded', async () => {
        // From then on the host knows the code.
        await countersOf(1, {}, 'code_again');
        const once = await countersOf(1, {}, 'code_again');
        const often = await countersOf(101, {}, 'code_again');
        expect(often.round_trips - once.round_trips).toBe(100);
        expect(often.blocking['cuCtxSynchronize']).toBe((once.blocking['cuCtxSynchronize'] ?? 0) + 100);
    });

    it('name the carrier: shared memory on this machine, gRPC when it is asked for', async () => {
        expect((await countersOf(10)).carrier).toBe('ring');
        expect((await countersOf(10, { FERRY_CARRIER: 'unix' })).carrier).toBe('unix');
        expect((await countersOf(10, { FERRY_BATCH: 'off' })).carrier).toBe('unix');
    });

    it('show a wait for every launch in the classic mode', async () => {
        const idle = await countersOf(0, { FERRY_BATCH: 'off' });
        const busy = await countersOf(200, { FERRY_BATCH: 'off' });
        expect(busy.round_trips - idle.round_trips).toBe(200);
    });

    it('say in which call each wait happened, and how often each call was made', async () => {
        const counters = await countersOf(300);
        expect(sumOf(counters.blocking)).toBe(counters.round_trips);
        expect(sumOf(counters.by_call)).toBe(counters.calls);
        expect(counters.by_call['cuLaunchKernel']).toBe(300);
        expect(counters.blocking['cuLaunchKernel']).toBeUndefined();
        expect(counters.blocking['session_detach']).toBe(1);
        expect(counters.blocked_ns).toBeGreaterThan(0);
    });

    it('are shown by ferry run --stats together with those of the worker', async () => {
        const command = [guests.driver('many_launches'), String(seedFor('counters')), '10'];
        const { endpoint } = daemon;
        const ferry = [process.execPath, places.cliEntry, 'run', '--endpoint', endpoint, '--stats', '--json'];
        const { code, stderr } = await runGuest([...ferry, '--', ...command], plainEnvironment());
        expect(code, stderr).toBe(0);
        const [stats] = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as GuestStats[];
        expect(stats?.byClass.async).toBeGreaterThanOrEqual(10);
        expect(stats?.byCall['cuLaunchKernel']).toBe(10);
        expect(stats?.workerSwitches?.voluntary).toBeGreaterThan(0);
    });

    it('agree with the meters of the daemon', async () => {
        const before = (await daemon.client.listDevices()).arbiterDecisions;
        await countersOf(10);
        const after = (await daemon.client.listDevices()).arbiterDecisions;
        expect(Number(after)).toBeGreaterThan(Number(before));
    });
});
