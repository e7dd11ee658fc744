// What a program pays before its first kernel runs: how often it waits for the host, and how much it sends,
// read from the shim's counters. Never from a clock.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { buildGuests, type Linkage } from './guest-build.ts';
import { cleanUp, describeResult, newFolder, runGuest, seedFor, startDaemon, until } from './harness.ts';

const guests = await buildGuests();
const daemon = await startDaemon();
const forgetful = await startDaemon(['--images-cache-bytes', '0']);
afterAll(cleanUp);

interface Counters {
    readonly bytes_out: number;
    readonly blocking: Readonly<Record<string, number>>;
}

async function countersOf(command: readonly string[], target = daemon): Promise<Counters> {
    const file = join(newFolder(), 'stats.jsonl');
    const result = await runGuest(command, target.environment({ FERRY_STATS_FILE: file }));
    expect(result.code, describeResult(command, result)).toBe(0);
    return JSON.parse(readFileSync(file, 'utf8')) as Counters;
}

const loads = ['cuLibraryLoadData', 'cuModuleLoadData', 'cuModuleLoadDataEx', 'cuModuleLoadFatBinary'];

function loadWaits({ blocking }: Counters): number {
    return loads.reduce((sum, name) => sum + (blocking[name] ?? 0), 0);
}

// What ends a program, or answers with data of its own, is no part of its start. Open and Attach, two waits
// of every session, are not among the counted ones.
const notOfStart = ['session_detach', 'cuMemcpyDtoH_v2', 'cuMemFree_v2', 'cuCtxSynchronize'];
const mostWaitsOfStart = 3;
const waitsOfAttaching = 2;

function startWaits({ blocking }: Counters): number {
    const waits = Object.entries(blocking).filter(([name]) => !notOfStart.includes(name));
    return waits.reduce((sum, [, count]) => sum + count, waitsOfAttaching);
}

describe.skipIf(guests.nvcc === null).each(['static', 'shared'] as const)(
    'a program with the %s runtime',
    (linkage: Linkage) => {
        it('loads its code without waiting once another process has loaded the same', async () => {
            const command = [guests.runtime('transpose', linkage), String(seedFor('start'))];
            const mine = await startDaemon();
            const first = await countersOf(command, mine);
            const second = await countersOf(command, mine);
            expect(loadWaits(first)).toBe(1);
            expect(loadWaits(second)).toBe(0);
            expect(second.bytes_out).toBeLessThan(first.bytes_out - 1000);
        });

        it('waits at most three times before its first kernel, and once for new code', async () => {
            const command = [guests.runtime('vector_add', linkage), String(seedFor('start'))];
            expect(startWaits(await countersOf(command))).toBeLessThanOrEqual(mostWaitsOfStart + 1);
            expect(startWaits(await countersOf(command))).toBeLessThanOrEqual(mostWaitsOfStart);
        });
    },
);

describe('code that the host knows', () => {
    it('is known by its bytes: another program of the same size is another one', async () => {
        const kernels = readFileSync(join(import.meta.dirname, '../guests/driver/kernels.ptx'), 'utf8');
        const changed = kernels.replace('.version', '.Version');
        expect(changed).not.toBe(kernels);
        const folder = newFolder();
        const [good, bad] = [join(folder, 'good.ptx'), join(folder, 'bad.ptx')];
        writeFileSync(good, kernels);
        writeFileSync(bad, changed);
        const load = async (path: string) =>
            (await runGuest([guests.driver('load_file'), path], daemon.environment())).stdout;
        expect(await load(good)).toBe('0 0 0 0\n');
        expect(await load(good)).toBe('0 0 0 0\n');
        expect(await load(bad)).not.toMatch(/^0 /);
        expect(await load(good)).toBe('0 0 0 0\n');
    });

    it('is loaded afresh where the host keeps none', async () => {
        const command = [guests.driver('many_launches'), String(seedFor('start')), '3'];
        await countersOf(command, forgetful);
        expect(loadWaits(await countersOf(command, forgetful))).toBe(1);
    });

    it('needs no wait in a program of the driver API either', async () => {
        const command = [guests.driver('many_launches'), String(seedFor('start')), '3'];
        await countersOf(command);
        expect(loadWaits(await countersOf(command))).toBe(0);
    });
});

// Bytes that a process shares with nobody.
function privateBytes(pid: number): number {
    const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB$/gm);
    return [...lines].reduce((sum, [, kib]) => sum + Number(kib) * 1024, 0);
}

function warmWorkers(daemonPid: number): number[] {
    const children = readFileSync(`/proc/${daemonPid}/task/${daemonPid}/children`, 'utf8');
    const pids = children.split(' ').map(Number).filter((pid) => pid > 0);
    return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker/main'));
}

describe('a warm worker', () => {
    it('has at most 12 MB of its own', async () => {
        const mine = await startDaemon(['--workers-warm', '2']);
        let before: number[] = [];
        await until('two workers are warm and have stopped growing', () => {
            const now = warmWorkers(mine.pid).map(privateBytes);
            const settled = now.length === 2 && now.join() === before.join() && Math.min(...now) > 4e6;
            before = now;
            return settled;
        });
        expect(Math.max(...before)).toBeLessThanOrEqual(12e6);
    });
});
