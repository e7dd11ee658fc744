// Workers that are killed while their guests are inside every kind of call: each call comes back with an
// error for ever, with one line, and the program ends as its own code has it. Moments, rings and delays are
// drawn.
import { afterAll, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    isAlive,
    isLong,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
} from './harness.ts';

const kinds = 20;
const rounds = isLong ? 20 : 1;
const threadsOfEach = 2;
// Only a hang reaches it.
const hangMs = 90_000;

const guests = await buildGuests();
const usual = await startDaemon(['--sessions-max', '16']);
const slow = await startDaemon(['--sessions-max', '16'], {
    FERRY_DELAY_RANDOM: String(seedFor('delays of the workers')),
});
afterAll(cleanUp);

async function workerOf(daemon: DaemonHandle, guestPid: number): Promise<number> {
    const { sessions } = await daemon.client.listSessions();
    const session = sessions.find((each) => each.guestPid === guestPid);
    expect(session, `a session of ${guestPid}`).toBeDefined();
    return session?.workerPid ?? 0;
}

async function expectLost(kind: number, each: number, name: string): Promise<void> {
    const draw = seedFor(name);
    const daemon = draw % 2 === 0 ? usual : slow;
    const extra = {
        ...(draw % 2 === 0 ? {} : { FERRY_DELAY_RANDOM: String(draw) }),
        // Forty threads that copy megabytes would spend minutes on one page.
        ...(draw % 3 === 0 ? { FERRY_RING_BYTES: kind < kinds ? '4096' : '65536' } : {}),
        ...(draw % 5 === 0 ? { FERRY_SPIN_US: '0' } : {}),
    };
    const command = [guests.driver('lost_worker'), String(draw), String(kind), String(each)];
    const guest = startGuest(command, daemon.environment(extra), hangMs);
    await until(
        'the guest works',
        () => guest.stdout().includes('ready') || guest.child.exitCode !== null,
        hangMs,
    );
    const settings = Object.entries(extra).map(([key, value]) => `${key}=${value}`);
    const worker = await workerOf(daemon, guest.pid);
    await new Promise((resolve) => setTimeout(resolve, seedFor(`${name} moment`) % 80));
    process.kill(worker, 'SIGKILL');
    const result = await guest.ended;
    const described = `${settings.join(' ')} ${describeResult(command, result)}`;
    expect(result.stdout, described).toContain(`ready ${kinds}\n`);
    expect(result.stdout, described).toContain('all lost\n');
    expect(result.code, described).toBe(7);
    const losses = [...result.stdout.matchAll(/^kind \d+ lost (\d+)$/gm)].map((match) => match[1]);
    expect(losses.length, described).toBe(kind < kinds ? each : each * kinds);
    expect(new Set(losses), described).toEqual(new Set(['999']));
    expect(
        result.stderr.split('\n').filter((line) => line.startsWith('ferry: ')),
        described,
    ).toHaveLength(1);
    await until('the worker is gone', () => !isAlive(worker));
}

describe('a worker that is killed', () => {
    const all = Array.from({ length: kinds }, (_, kind) => kind);

    it.each(all)(
        'gives 999 to one thread in calls of kind %i',
        async (kind) => {
            for (let round = 0; round < rounds; round += 1) {
                await expectLost(kind, 1, `kind ${kind} round ${round}`);
            }
        },
        hangMs * 4,
    );

    it(
        'gives 999 to threads in calls of all kinds',
        async () => {
            for (let round = 0; round < rounds * 3; round += 1) {
                await expectLost(kinds, threadsOfEach, `all kinds round ${round}`);
            }
        },
        hangMs * 4,
    );
});
