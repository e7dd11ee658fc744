// Processes that die at the worst moment: the daemon, guests in the middle of their work, guests with forked
// children, guests whose kernels fault. Whatever dies, nothing hangs, neighbours notice nothing, and nothing
// is left behind.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    isAlive,
    isLong,
    killGroup,
    liveSessions,
    runGuest,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
    type Guest,
} from './harness.ts';

const guests = await buildGuests();
afterEach(cleanUp);

const longMs = 600_000;

function startEndless(daemon: DaemonHandle, name: string, withChild = false): Guest {
    const seed = String(seedFor(name));
    return startGuest([guests.driver('endless'), seed, withChild ? '1' : '0'], daemon.environment(), longMs);
}

async function untilReady(guest: Guest): Promise<void> {
    await until('the guest works', () => {
        if (guest.child.exitCode !== null) {
            throw new Error(`the guest ended early: ${guest.stdout()} ${guest.stderr()}`);
        }
        return guest.stdout().includes('ready');
    });
}

function childrenOf(pid: number): number[] {
    const path = `/proc/${pid}/task/${pid}/children`;
    return readFileSync(path, 'utf8')
        .trim()
        .split(' ')
        .filter((text) => text !== '')
        .map(Number);
}

interface Footprint {
    readonly workers: number;
    readonly descriptors: number;
    readonly files: string;
}

/** What the daemon holds: its processes, its descriptors, the files in its folder. */
function footprintOf(daemon: DaemonHandle): Footprint {
    return {
        workers: childrenOf(daemon.pid).filter(isAlive).length,
        descriptors: readdirSync(`/proc/${daemon.pid}/fd`).length,
        files: readdirSync(`${daemon.folder}/d`, { recursive: true }).map(String).sort().join(' '),
    };
}

async function expectStillServing(daemon: DaemonHandle, name: string): Promise<void> {
    const command = [guests.driver('vector_add_driver'), String(seedFor(name)), '500'];
    const result = await runGuest(command, daemon.environment());
    expect(result.stdout, describeResult(command, result)).toMatch(/^PASS /m);
}

// What workers.warm says unless it is set: the daemon keeps so many for guests to come, and starts the ones
// that are missing a second after a session has begun.
const warmWorkers = 2;

// One run before the baseline: some things (a client's connection) stay from the first guest on.
async function settledFootprint(daemon: DaemonHandle): Promise<Footprint> {
    await expectStillServing(daemon, 'warm up');
    await until('no session is left', async () => (await liveSessions(daemon)) === 0);
    await until('all warm workers are there', () => footprintOf(daemon).workers === warmWorkers);
    let last = footprintOf(daemon);
    await until('the footprint is steady', async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const now = footprintOf(daemon);
        const steady = now.workers === last.workers && now.descriptors === last.descriptors;
        last = now;
        return steady;
    });
    return last;
}

async function expectBackAt(daemon: DaemonHandle, baseline: Footprint): Promise<void> {
    await until('every session has ended', async () => (await liveSessions(daemon)) === 0, 60_000);
    await until('workers and descriptors are back at the baseline', () => {
        const now = footprintOf(daemon);
        return now.workers <= baseline.workers && now.descriptors <= baseline.descriptors;
    });
    // A worker's socket carries its session's name, so only the number of files can be compared.
    await until('no file is left over', () => {
        return footprintOf(daemon).files.split(' ').length <= baseline.files.split(' ').length;
    });
}

describe('a daemon that is killed', () => {
    it('gives every guest 999 for ever with one line, and takes its workers with it', async () => {
        const daemon = await startDaemon(['--sessions-max', '16']);
        const running = [0, 1, 2].map((index) => startEndless(daemon, `killed daemon ${index}`));
        await Promise.all(running.map(untilReady));
        const workers = childrenOf(daemon.pid);
        expect(workers.length).toBeGreaterThanOrEqual(running.length);
        daemon.child.kill('SIGKILL');
        for (const guest of running) {
            const result = await guest.ended;
            expect(result.stdout, result.stderr).toContain('lost 999');
            expect(result.code).toBe(7);
            expect(result.stderr.split('\n').filter((line) => line.startsWith('ferry: '))).toHaveLength(1);
        }
        await until('its workers are gone', () => workers.every((pid) => !isAlive(pid)));
    });

    it('lets guests finish when it is asked to stop', async () => {
        const daemon = await startDaemon(['--daemon-drain-limit-ms', '60000']);
        const command = [guests.driver('many_launches'), String(seedFor('drain')), '200000'];
        const guest = startGuest(command, daemon.environment());
        await until('the guest is attached', async () => (await liveSessions(daemon)) === 1);
        daemon.child.kill('SIGTERM');
        const result = await guest.ended;
        expect(result.stdout, describeResult(command, result)).toMatch(/^PASS many_launches /m);
        await daemon.ended;
        expect(daemon.child.exitCode).toBe(0);
    });
});

describe('a worker that is killed', () => {
    it('ends its own guest with 999 and no other', async () => {
        const daemon = await startDaemon();
        const victim = startEndless(daemon, 'victim');
        const neighbour = startEndless(daemon, 'neighbour');
        await Promise.all([victim, neighbour].map(untilReady));
        const { sessions } = await daemon.client.listSessions();
        const session = sessions.find(({ guestPid }) => guestPid === victim.pid);
        expect(session).toBeDefined();
        process.kill(session?.workerPid ?? 0, 'SIGKILL');
        const result = await victim.ended;
        expect(result.stdout, result.stderr).toContain('lost 999');
        expect(neighbour.child.exitCode).toBeNull();
        await until('one session is left', async () => (await liveSessions(daemon)) === 1);
        await expectStillServing(daemon, 'after a worker');
    });
});

describe('guests that are killed', () => {
    const count = isLong ? 200 : 20;

    it(
        `leave nothing behind, ${count} at random moments, some with a child that holds their descriptors`,
        async () => {
            const daemon = await startDaemon();
            const baseline = await settledFootprint(daemon);
            for (let index = 0; index < count; index += 4) {
                const wave = [0, 1, 2, 3].map((each) =>
                    startEndless(daemon, `wave ${index + each}`, each === 3),
                );
                await Promise.all(
                    wave.map(async (guest, each) => {
                        const moment = seedFor(`moment ${index + each}`) % 4;
                        // One in four dies while it starts, wherever it is then.
                        if (moment === 0) {
                            await new Promise((resolve) =>
                                setTimeout(resolve, seedFor(`delay ${index + each}`) % 150),
                            );
                        } else {
                            await untilReady(guest);
                            await new Promise((resolve) =>
                                setTimeout(resolve, seedFor(`delay ${index + each}`) % 60),
                            );
                        }
                        guest.child.kill('SIGKILL');
                        await guest.ended;
                    }),
                );
                // The forked children are alive still and hold the sockets: sessions must end all the same.
                await until(
                    'the sessions of this wave have ended',
                    async () => (await liveSessions(daemon)) === 0,
                    60_000,
                );
                wave.forEach((guest) => killGroup(guest.pid));
            }
            await expectBackAt(daemon, baseline);
            await expectStillServing(daemon, 'after the kills');
        },
        longMs,
    );
});

describe('guests side by side', () => {
    const names = ['vector_add_driver', 'stream_events', 'copies', 'special_streams'] as const;

    it('are right, all four at once', async () => {
        const daemon = await startDaemon();
        const runs = names.map(async (name) => {
            const command = [guests.driver(name), String(seedFor(`side by side ${name}`))];
            const result = await runGuest(command, daemon.environment());
            expect(result.stdout, describeResult(command, result)).toMatch(new RegExp(`^PASS ${name} `, 'm'));
        });
        await Promise.all(runs);
    });

    it('notice nothing of a neighbour whose kernels fault', async () => {
        const daemon = await startDaemon();
        const healthy = startEndless(daemon, 'healthy');
        await untilReady(healthy);
        for (const kind of [0, 1, 2, 3]) {
            const command = [guests.driver('wild_pointer'), String(seedFor(`wild ${kind}`)), String(kind)];
            const result = await runGuest(command, daemon.environment());
            expect(result.stdout, describeResult(command, result)).toMatch(/^PASS wild_pointer /m);
        }
        const command = [guests.driver('copies'), String(seedFor('beside faults')), '100000'];
        const result = await runGuest(command, daemon.environment());
        expect(result.stdout, describeResult(command, result)).toMatch(/^PASS copies /m);
        expect(healthy.child.exitCode, healthy.stderr()).toBeNull();
    });

    it('get a session each, however many threads and streams they use', async () => {
        const daemon = await startDaemon();
        const running = [startEndless(daemon, 'first'), startEndless(daemon, 'second')];
        await Promise.all(running.map(untilReady));
        const { sessions } = await daemon.client.listSessions();
        const workers = new Set(sessions.map(({ workerPid }) => workerPid));
        expect(workers.size).toBe(2);
        expect(new Set(sessions.map(({ guestPid }) => guestPid))).toEqual(
            new Set(running.map(({ pid }) => pid)),
        );
    });
});
