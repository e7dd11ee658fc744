// Guests whose daemon is reached over TCP on the loopback: the same answers, the same ends, and a clear line
// where TCP cannot be had.
import { afterEach, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    directEnvironment,
    isAlive,
    isLong,
    liveSessions,
    runGuest,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
} from './harness.ts';

const guests = await buildGuests();
afterEach(cleanUp);

const longMs = 300_000;

/** A daemon that serves TCP at a port of the system's choice, and its endpoint there. */
async function startTcpDaemon(host = '127.0.0.1'): Promise<{ daemon: DaemonHandle; tcp: string }> {
    const daemon = await startDaemon(['--tcp', `${host}:0`]);
    await until('the daemon names its TCP endpoint', () => daemon.log().includes('"tcp":'));
    return { daemon, tcp: /"tcp":"([^"]+)"/.exec(daemon.log())?.[1] ?? '' };
}

async function expectSame(
    daemon: DaemonHandle,
    extra: Readonly<Record<string, string>>,
    name: string,
    sizes: readonly number[] = [],
): Promise<string> {
    const command = [guests.driver(name), String(seedFor(name)), ...sizes.map(String)];
    const direct = await runGuest(command, directEnvironment());
    const forwarded = await runGuest(command, daemon.environment(extra));
    expect(forwarded.stdout, describeResult(command, forwarded)).toBe(direct.stdout);
    expect(forwarded.stdout, describeResult(command, forwarded)).toMatch(new RegExp(`^PASS ${name} `, 'm'));
    expect(forwarded.code).toBe(0);
    return forwarded.stderr;
}

describe('guests over TCP', () => {
    const names = [
        'vector_add_driver',
        'copies',
        'stream_events',
        'host_functions',
        'callback_threads',
        'module_ptx',
        'wild_pointer',
        'forks',
        'at_exit',
    ] as const;

    it(
        'answer what they answer directly',
        async () => {
            const { daemon, tcp } = await startTcpDaemon();
            for (const name of names) {
                await expectSame(daemon, { FERRY_ENDPOINT: tcp }, name);
            }
            await expectSame(daemon, { FERRY_ENDPOINT: tcp }, 'many_launches', [20_000]);
            const random = { FERRY_BATCH_BYTES: '4096', FERRY_SEAL_RANDOM: String(seedFor('tcp')) };
            await expectSame(daemon, { FERRY_ENDPOINT: tcp, ...random }, 'copies');
            await expectSame(daemon, { FERRY_ENDPOINT: tcp, FERRY_BATCH: 'off' }, 'copies', [30_001]);
        },
        longMs,
    );

    // More than a worker stages and keeps unacknowledged at a time, in one copy.
    it.each(['tcp', 'unix'])(
        'copy ninety megabytes at a time over %s',
        async (carrier) => {
            const { daemon } = await startTcpDaemon();
            await expectSame(daemon, { FERRY_CARRIER: carrier }, 'copies', [90_000_001]);
        },
        longMs,
    );

    it('may use IPv6', async () => {
        const { daemon, tcp } = await startTcpDaemon('[::1]');
        expect(tcp).toMatch(/^tcp:\[::1\]:\d+$/);
        await expectSame(daemon, { FERRY_ENDPOINT: tcp }, 'vector_add_driver', [1000]);
    });

    it('may ask for TCP at the Unix socket of the daemon', async () => {
        const { daemon } = await startTcpDaemon();
        const extra = { FERRY_CARRIER: 'tcp', FERRY_LOG: 'debug' };
        const command = [guests.driver('vector_add_driver'), '1', '1000'];
        const result = await runGuest(command, daemon.environment(extra));
        expect(result.stdout, describeResult(command, result)).toMatch(/^PASS /m);
        expect(result.stderr).toMatch(/attached to tcp:127\.0\.0\.1:\d+/);
    });
});

describe('a wish that cannot be had', () => {
    it('is said in one line, and the program runs all the same', async () => {
        const daemon = await startDaemon();
        const stderr = await expectSame(daemon, { FERRY_CARRIER: 'tcp' }, 'vector_add_driver', [1000]);
        expect(stderr).toMatch(/^ferry: .*FERRY_CARRIER=tcp cannot be had: the daemon has no TCP address/m);
        expect(stderr.trim().split('\n')).toHaveLength(1);
    });

    it.each([
        ['tcp:192.0.2.1:4000', 'this machine only'],
        ['tcp:127.0.0.1', 'expected tcp:ADDRESS:PORT'],
        ['tcp:127.0.0.1:0', 'expected tcp:ADDRESS:PORT'],
        ['tcp:nowhere.invalid:4000', 'expected tcp:ADDRESS:PORT'],
        ['http://127.0.0.1:1', 'expected unix:/path or tcp:ADDRESS:PORT'],
    ])('%s is refused with the reason', async (endpoint, reason) => {
        const daemon = await startDaemon();
        const command = [guests.driver('vector_add_driver'), '1', '10'];
        const result = await runGuest(command, daemon.environment({ FERRY_ENDPOINT: endpoint }));
        expect(result.code).not.toBe(0);
        expect(result.stderr).toContain(reason);
    });
});

describe('a long wait over TCP', () => {
    // The heartbeat begins after 5 s of silence and gives a connection up after 20.
    it(
        'is not taken for a dead connection',
        async () => {
            const { daemon, tcp } = await startTcpDaemon();
            const command = [guests.driver('long_wait'), '1', isLong ? '27000' : '7000'];
            const result = await runGuest(command, daemon.environment({ FERRY_ENDPOINT: tcp }));
            expect(result.stdout, describeResult(command, result)).toMatch(/^PASS long_wait /m);
            expect(daemon.log()).not.toContain('has come back');
        },
        longMs,
    );
});

describe('death over TCP', () => {
    // A dead guest and a broken connection look the same here: the session waits for its grace period.
    it('of the guest ends its session, and its worker', { timeout: longMs }, async () => {
        const { daemon, tcp } = await startTcpDaemon();
        const guest = startGuest(
            [guests.driver('endless'), String(seedFor('tcp guest')), '0'],
            daemon.environment({ FERRY_ENDPOINT: tcp }),
        );
        await until('the guest works', () => guest.stdout().includes('ready'));
        const { sessions } = await daemon.client.listSessions();
        const worker = sessions[0]?.workerPid ?? 0;
        expect(isAlive(worker)).toBe(true);
        guest.child.kill('SIGKILL');
        await until('the session has ended', async () => (await liveSessions(daemon)) === 0, 60_000);
        await until('its worker is gone', () => !isAlive(worker));
        await expectSame(daemon, { FERRY_ENDPOINT: tcp }, 'vector_add_driver', [1000]);
    });

    it(
        'of the worker gives the guest 999 for ever with one line',
        async () => {
            const { daemon, tcp } = await startTcpDaemon();
            const guest = startGuest(
                [guests.driver('endless'), String(seedFor('tcp worker')), '0'],
                daemon.environment({ FERRY_ENDPOINT: tcp }),
            );
            await until('the guest works', () => guest.stdout().includes('ready'));
            const { sessions } = await daemon.client.listSessions();
            process.kill(sessions[0]?.workerPid ?? 0, 'SIGKILL');
            const result = await guest.ended;
            expect(result.stdout, result.stderr).toContain('lost 999');
            expect(result.stderr.split('\n').filter((line) => line.startsWith('ferry: '))).toHaveLength(1);
        },
        longMs,
    );
});
