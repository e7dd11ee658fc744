// `ferry trace`: the file is JSON that a trace viewer takes, spans nest, everything that happened is in it,
// and what one process did because of another comes after it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { places } from '../../host-daemon/src/config/places.ts';
import { buildGuests } from './guest-build.ts';
import { cleanUp, newFolder, plainEnvironment, runGuest, seedFor, startDaemon } from './harness.ts';

const guests = await buildGuests();
afterAll(cleanUp);

interface Event {
    readonly name: string;
    readonly cat?: string;
    readonly ph: string;
    readonly pid: number;
    readonly tid: number;
    readonly ts: number;
    readonly dur: number;
    readonly args?: Readonly<Record<string, string | number>>;
}

interface Traced {
    readonly code: number | string;
    readonly stderr: string;
    readonly events: readonly Event[];
    readonly lost: number;
}

async function trace(
    options: readonly string[],
    command: readonly string[],
    extra: Readonly<Record<string, string>> = {},
): Promise<Traced> {
    const output = join(newFolder(), 'trace.json');
    const ferry = [process.execPath, places.cliEntry, 'trace', '--output', output, ...options, '--'];
    const environment = { ...plainEnvironment(), ...extra };
    const { code, stderr } = await runGuest([...ferry, ...command], environment);
    const parsed = JSON.parse(readFileSync(output, 'utf8')) as {
        readonly traceEvents: readonly Event[];
        readonly otherData: { readonly lostSpans: number };
    };
    return { code, stderr, events: parsed.traceEvents, lost: parsed.otherData.lostSpans };
}

const launches = 500;
const command = [guests.driver('many_launches'), String(seedFor('trace')), String(launches)];
const traced = await trace(['--device', 'software'], command);
const spans = traced.events.filter(({ ph }) => ph === 'X');

function named(category: string, name: string): Event[] {
    return spans.filter((event) => event.cat === category && event.name === name);
}

function trackNames(): string[] {
    const names = traced.events.filter(({ name }) => name === 'thread_name');
    return names.map(({ args }) => String(args?.['name']));
}

describe('ferry trace', () => {
    it('passes the status of the program on and says where the file is', () => {
        expect(traced.code, traced.stderr).toBe(0);
        expect(traced.stderr).toMatch(/\d+ spans in .*trace\.json/);
        expect(traced.lost).toBe(0);
    });

    it('has every call of the program and every record that the host executed', () => {
        expect(named('call', 'cuInit')).toHaveLength(1);
        expect(named('call', 'cuLaunchKernel')).toHaveLength(launches);
        expect(named('record', 'cuLaunchKernel')).toHaveLength(launches);
        expect(named('wait', 'wait for cuCtxSynchronize')).toHaveLength(1);
        const executed = spans.filter(({ cat }) => cat === 'run');
        const records = executed.reduce((sum, { args }) => sum + Number(args?.['records']), 0);
        expect(spans.filter(({ cat }) => cat === 'record')).toHaveLength(records);
    });

    it('has tracks for the guest, the wire, the executor and the device', () => {
        expect(trackNames()).toEqual(expect.arrayContaining(['thread 1', 'executor', 'device']));
        const processes = traced.events.filter(({ name }) => name === 'process_name');
        const names = processes.map(({ args }) => String(args?.['name']));
        expect(names.filter((name) => /^guest .*many_launches/.test(name))).toHaveLength(1);
        expect(names.filter((name) => name.startsWith('worker of '))).toHaveLength(1);
    });

    it('nests the spans of each track', () => {
        const open = new Map<string, number[]>();
        for (const { pid, tid, ts, dur, name } of spans) {
            const key = `${pid} ${tid}`;
            const ends = (open.get(key) ?? []).filter((end) => end > ts);
            const outer = ends.at(-1) ?? Infinity;
            // A tenth of a nanosecond: what is left of a number of microseconds as a double.
            expect(ts + dur, `${name} at ${ts}`).toBeLessThanOrEqual(outer + 1e-4);
            open.set(key, [...ends, ts + dur]);
        }
    });

    it('orders what different processes did', () => {
        const [synchronise] = named('call', 'cuCtxSynchronize');
        const [executed] = named('record', 'cuCtxSynchronize');
        const lastLaunch = named('record', 'cuLaunchKernel').at(-1);
        const firstCall = named('call', 'cuLaunchKernel')[0];
        const firstLaunch = named('record', 'cuLaunchKernel')[0];
        const end = (event: Event | undefined) => (event?.ts ?? 0) + (event?.dur ?? 0);
        expect(firstLaunch?.ts).toBeGreaterThan(firstCall?.ts ?? Infinity);
        expect(executed?.ts).toBeGreaterThan(synchronise?.ts ?? Infinity);
        expect(end(synchronise)).toBeGreaterThan(executed?.ts ?? Infinity);
        expect(end(synchronise)).toBeGreaterThan(end(lastLaunch));
        const device = spans.filter(({ cat }) => cat === 'device');
        expect(device.length).toBeGreaterThanOrEqual(1);
        expect(device.some((span) => span.ts <= (firstLaunch?.ts ?? 0) + 1e-4)).toBe(true);
    });

    it('has the batches of the gRPC carrier on the wire', async () => {
        const short = [guests.driver('many_launches'), String(seedFor('trace')), '10'];
        const { events } = await trace(['--device', 'software'], short, { FERRY_CARRIER: 'unix' });
        const batches = events.filter(({ cat }) => cat === 'batch');
        expect(batches.length).toBeGreaterThan(0);
        expect(batches.every(({ args }) => Number(args?.['bytes']) > 0)).toBe(true);
    });

    it('has the program alone where the daemon is another one', async () => {
        const daemon = await startDaemon();
        const { code, stderr, events } = await trace(['--endpoint', daemon.endpoint], command);
        expect(code, stderr).toBe(0);
        expect(stderr).toContain('without --trace-folder');
        expect(events.some(({ cat }) => cat === 'call')).toBe(true);
        expect(events.some(({ cat }) => cat === 'record')).toBe(false);
    });
});
