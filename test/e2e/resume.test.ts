// Sessions whose connection breaks: they go on from where they were, with nothing lost and nothing repeated,
// or end with a proper CUDA error. Guests check their own results; the relay cuts at random moments.
import { afterEach, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import {
    atEnd,
    cleanUp,
    describeResult,
    directEnvironment,
    liveSessions,
    runGuest,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
} from './harness.ts';
import { Relay, type Kind } from './relay.ts';

const guests = await buildGuests();
afterEach(cleanUp);

const longMs = 300_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startRelayed(kind: Kind, flags: readonly string[] = []): Promise<[DaemonHandle, Relay]> {
    const daemon = await startDaemon(kind === 'tcp' ? ['--tcp', '127.0.0.1:0', ...flags] : flags);
    const relay = await Relay.start(daemon.client, kind);
    atEnd(() => relay.close());
    return [daemon, relay];
}

/** What a guest of the relay is started with: gRPC, for no descriptors can pass through a relay. */
function environmentOf(daemon: DaemonHandle, relay: Relay): Record<string, string> {
    const carrier = relay.endpoint.startsWith('tcp:') ? 'tcp' : 'unix';
    return daemon.environment({ FERRY_ENDPOINT: relay.endpoint, FERRY_CARRIER: carrier });
}

/** Cuts at moments of its own choice until the guest has ended. */
async function cutUntilEnded(relay: Relay, ended: Promise<unknown>, seed: number): Promise<number> {
    let running = true;
    let state = seed >>> 0;
    let cutCount = 0;
    void ended.finally(() => (running = false));
    while (running) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        await pause(5 + ((state >>> 16) % 40));
        relay.cut((state & 0x100) !== 0);
        cutCount += 1;
    }
    return cutCount;
}

describe.each(['tcp', 'unix'] as const)('a session over %s that is cut again and again', (kind) => {
    const runs = [
        { name: 'many_launches', sizes: [200_000] },
        { name: 'copies', sizes: [6_000_003] },
        { name: 'stream_events', sizes: [] },
        { name: 'host_functions', sizes: [] },
        { name: 'callback_threads', sizes: [] },
    ] as const;

    it(
        'loses nothing and repeats nothing',
        async () => {
            const [daemon, relay] = await startRelayed(kind);
            let cutCount = 0;
            // Until enough cuts have really hit a stream; every run must be right.
            for (let round = 0; round < 40 && relay.connectionCount < 30 + round; round += 1) {
                for (const { name, sizes } of runs) {
                    const seed = seedFor(`${kind} ${name} ${round}`);
                    const command = [guests.driver(name), String(seed), ...sizes.map(String)];
                    const guest = startGuest(command, environmentOf(daemon, relay), longMs);
                    cutCount += await cutUntilEnded(relay, guest.ended, seed);
                    const result = await guest.ended;
                    const direct = await runGuest(command, directEnvironment());
                    expect(result.stdout, describeResult(command, result)).toBe(direct.stdout);
                    expect(result.code, describeResult(command, result)).toBe(0);
                }
            }
            expect(cutCount).toBeGreaterThan(20);
            expect(relay.connectionCount).toBeGreaterThan(25);
            expect(daemon.log()).toContain('the guest has come back');
            await until('every session has ended', async () => (await liveSessions(daemon)) === 0, 60_000);
        },
        longMs,
    );

    it(
        'ends with 999 and one line on both sides when the cut outlasts the grace period',
        async () => {
            const [daemon, relay] = await startRelayed(kind, ['--sessions-resume-grace-ms', '1500']);
            const command = [guests.driver('endless'), String(seedFor('grace')), '0'];
            const guest = startGuest(command, environmentOf(daemon, relay));
            await until('the guest works', () => guest.stdout().includes('ready'));
            relay.closed = true;
            relay.cut(false);
            const result = await guest.ended;
            expect(result.stdout, result.stderr).toContain('lost 999');
            const lines = result.stderr.split('\n').filter((line) => line.startsWith('ferry: '));
            expect(lines).toHaveLength(1);
            expect(lines[0]).toContain('could not be taken up within 1500 ms');
            await until('the session has ended', async () => (await liveSessions(daemon)) === 0);
            expect(daemon.log()).toContain('did not come back within 1500 ms');
        },
        longMs,
    );

    it('ends at once when the host is told not to wait', async () => {
        const [daemon, relay] = await startRelayed(kind, ['--sessions-resume-grace-ms', '0']);
        const command = [guests.driver('endless'), String(seedFor('no grace')), '0'];
        const guest = startGuest(command, environmentOf(daemon, relay));
        await until('the guest works', () => guest.stdout().includes('ready'));
        relay.cut(false);
        const result = await guest.ended;
        expect(result.stdout, result.stderr).toContain('lost 999');
        expect(result.stderr).toContain('the connection to the worker is lost');
    });
});

/** Numbers below `limit` from `seed`. */
function draws(seed: number): (limit: number) => number {
    let state = seed >>> 0;
    return (limit) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state >>> 8) % limit;
    };
}

describe.each(['tcp', 'unix'] as const)('a session over %s', (kind) => {
    it(
        'begins although its first connections break, before or in the middle of the Welcome',
        async () => {
            const [daemon, relay] = await startRelayed(kind);
            const draw = draws(seedFor(`${kind} greetings`));
            for (let round = 0; round < 8; round += 1) {
                // What either side says first takes a few hundred bytes, the Welcome about a thousand.
                relay.breaks.push(draw(400), draw(1500), draw(3000));
                const before = relay.connectionCount;
                const command = [guests.driver('vector_add_driver'), String(round), '1000'];
                const result = await runGuest(command, environmentOf(daemon, relay));
                expect(result.stdout, describeResult(command, result)).toMatch(/^PASS /m);
                expect(relay.connectionCount).toBe(before + 4);
            }
            await until('every session has ended', async () => (await liveSessions(daemon)) === 0, 60_000);
        },
        longMs,
    );

    it(
        'answers the same over a connection of random delays, cut or not',
        async () => {
            const [daemon, relay] = await startRelayed(kind);
            const draw = draws(seedFor(`${kind} delays`));
            relay.delayMs = () => (draw(4) === 0 ? draw(12) : 0);
            const runs = { copies: [400_003], stream_events: [], host_functions: [], many_launches: [9000] };
            for (const [name, sizes] of Object.entries(runs)) {
                for (const cuts of [false, true]) {
                    const seed = seedFor(`${kind} ${name}`);
                    const command = [guests.driver(name), String(seed), ...sizes.map(String)];
                    const guest = startGuest(command, environmentOf(daemon, relay), longMs);
                    await (cuts ? cutUntilEnded(relay, guest.ended, seed) : guest.ended);
                    const result = await guest.ended;
                    const direct = await runGuest(command, directEnvironment());
                    expect(result.stdout, describeResult(command, result)).toBe(direct.stdout);
                    expect(result.code, describeResult(command, result)).toBe(0);
                }
            }
        },
        longMs,
    );
});

describe('a connection that is silent', () => {
    it(
        'is given up over TCP, and the session goes on over another one',
        async () => {
            const [daemon, relay] = await startRelayed('tcp');
            const command = [guests.driver('endless'), String(seedFor('silent')), '0'];
            const guest = startGuest(command, environmentOf(daemon, relay));
            await until('the guest works', () => guest.stdout().includes('ready'));
            const before = relay.connectionCount;
            relay.stall();
            await until('somebody comes back', () => relay.connectionCount > before, 60_000);
            await until('it is let in', () => daemon.log().includes('the guest has come back'));
            const { forwardedBytes } = relay;
            await until('the guest works again', () => relay.forwardedBytes > forwardedBytes + 100_000);
            expect(guest.child.exitCode, guest.stderr()).toBeNull();
            guest.child.kill('SIGKILL');
            await until('the session has ended', async () => (await liveSessions(daemon)) === 0, 60_000);
        },
        longMs,
    );
});

describe('an idle guest', () => {
    it.each(['tcp', 'unix'] as const)(
        'over %s comes back before it is given up',
        async (kind) => {
            const [daemon, relay] = await startRelayed(kind, ['--sessions-resume-grace-ms', '4000']);
            const command = [guests.driver('idle'), '1', '8000'];
            const guest = startGuest(command, environmentOf(daemon, relay));
            await until('the guest is idle', () => guest.stdout().includes('idle'));
            relay.cut(true);
            await until('it has come back', () => daemon.log().includes('the guest has come back'));
            const result = await guest.ended;
            expect(result.stdout, result.stderr).toMatch(/^PASS idle /m);
        },
        longMs,
    );
});
