// A client that lies to the worker: wrong tickets, sizes that are not true, calls that do not exist, bytes at
// random. It may lose its own session, never more: the daemon serves on, and a guest that was there before
// works on.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { callNames } from '../../host-daemon/src/generated/wire.ts';
import { callId, DataClient, openSession, record } from './data-client.ts';
import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    isAlive,
    isLong,
    liveSessions,
    runGuest,
    runSeed,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
    type Guest,
} from './harness.ts';

const guests = await buildGuests();
let daemon: DaemonHandle;
let neighbour: Guest;
const clients: DataClient[] = [];

beforeAll(async () => {
    daemon = await startDaemon();
    neighbour = startGuest(
        [guests.driver('endless'), String(seedFor('hostile'))],
        daemon.environment(),
        900_000,
    );
    await until('the neighbour works', () => neighbour.stdout().includes('ready'));
});
afterEach(() => clients.splice(0).forEach((client) => client.close()));
afterAll(cleanUp);

async function attached(): Promise<DataClient> {
    const { endpoint, ticket } = await openSession(daemon);
    const client = connect(endpoint);
    await client.attach(ticket);
    return client;
}

function connect(endpoint: string): DataClient {
    const client = new DataClient(endpoint);
    clients.push(client);
    return client;
}

async function expectOthersUnharmed(): Promise<void> {
    expect(isAlive(daemon.pid), daemon.log()).toBe(true);
    expect(neighbour.child.exitCode, `${neighbour.stdout()} ${neighbour.stderr()}`).toBeNull();
    const command = [guests.driver('vector_add_driver'), String(seedFor('unharmed')), '300'];
    const result = await runGuest(command, daemon.environment());
    expect(result.stdout, describeResult(command, result)).toMatch(/^PASS /m);
}

async function expectSessionEnds(client: DataClient): Promise<void> {
    await until(
        'the session is ended',
        () => client.hasEnded || client.frames.some((frame) => frame.farewell !== undefined),
    );
    await expectOthersUnharmed();
}

/** A small deterministic generator for test bytes. */
function randomBytes(name: string, size: number): Buffer {
    let state = seedFor(name) || 1;
    return Buffer.from(
        Array.from({ length: size }, () => {
            state ^= state << 13;
            state ^= state >>> 17;
            state ^= state << 5;
            return state & 0xff;
        }),
    );
}

describe('attaching', () => {
    it('answers any gRPC client with a snapshot of the device', async () => {
        const client = await attached();
        expect(client.frames[0]?.welcome?.snapshot).toBeDefined();
    });

    it('refuses a ticket that was never given', async () => {
        const { endpoint } = await openSession(daemon);
        const client = connect(endpoint);
        client.hello(randomBytes('ticket', 32));
        await until('the worker refuses', () => client.hasEnded || client.frames.length > 0);
        expect(client.frames[0]?.welcome?.result ?? 1).not.toBe(0);
        await expectOthersUnharmed();
    });

    it('refuses a ticket a second time', async () => {
        const { endpoint, ticket } = await openSession(daemon);
        const first = connect(endpoint);
        await first.attach(ticket);
        const second = connect(endpoint);
        second.hello(ticket);
        await until('the second is refused', () => second.hasEnded || second.frames.length > 0, 10_000).catch(
            () => undefined,
        );
        expect(
            second.frames.some((frame) => frame.welcome !== undefined && (frame.welcome.result ?? 0) === 0),
        ).toBe(false);
        await expectOthersUnharmed();
    });

    it('refuses another version of the wire or of the calls', async () => {
        for (const changes of [{ wireVersion: 9999 }, { specHash: 'something else' }]) {
            const { endpoint, ticket } = await openSession(daemon);
            const client = connect(endpoint);
            client.hello(ticket, changes);
            await until('the worker refuses', () => client.hasEnded || client.frames.length > 0);
            expect(client.frames[0]?.welcome?.result ?? 1).not.toBe(0);
        }
        await expectOthersUnharmed();
    });

    it('ends a session that begins with a batch, or with bytes that are no frame', async () => {
        for (const bytes of [undefined, randomBytes('no frame', 100), Buffer.alloc(0)]) {
            const { endpoint } = await openSession(daemon);
            const client = connect(endpoint);
            if (bytes === undefined) {
                client.batch(record({ call: callId('cuCtxSynchronize') }));
            } else {
                client.sendRaw(bytes);
            }
            await expectSessionEnds(client);
        }
    });
});

describe('a batch', () => {
    const synchronize = () => record({ call: callId('cuCtxSynchronize'), flags: 1, ticket: 1 });

    const lies: readonly (readonly [string, () => Buffer])[] = [
        ['a header that is cut off', () => synchronize().subarray(0, 9)],
        ['a size of zero', () => record({ call: callId('cuCtxSynchronize'), size: 0 })],
        ['a size smaller than the header', () => record({ call: callId('cuCtxSynchronize'), size: 8 })],
        ['a size that is no multiple of 8', () => record({ call: callId('cuCtxSynchronize'), size: 17 })],
        ['a size beyond the batch', () => record({ call: callId('cuCtxSynchronize'), size: 64 })],
        ['a size of 4 GiB', () => record({ call: callId('cuCtxSynchronize'), size: 0xffff_fff8 })],
        [
            'a payload that is too short',
            () => record({ call: callId('cuLaunchKernel'), payload: Buffer.alloc(8) }),
        ],
        [
            'a payload that is too long',
            () => record({ call: callId('cuCtxSynchronize'), payload: Buffer.alloc(80, 1) }),
        ],
        [
            'a length of bytes beyond the record',
            () => record({ call: callId('cuLaunchKernel'), payload: Buffer.alloc(64, 255) }),
        ],
        ['a call that does not exist', () => record({ call: 0xeeee, flags: 1, ticket: 5 })],
    ];

    it.each(lies)('with %s costs at most its own session', async (_, make) => {
        const client = await attached();
        client.batch(make());
        client.batch(synchronize());
        await until('the worker reacts', () => client.hasEnded || client.frames.length > 1);
        await expectOthersUnharmed();
    });

    it('of another order than its numbers say ends the session', async () => {
        const client = await attached();
        client.batch(synchronize(), { sequence: 77 });
        await expectSessionEnds(client);
    });

    it('beyond the limit of a message ends the session', async () => {
        const client = await attached();
        client.batch(Buffer.alloc(20 * 2 ** 20));
        await expectSessionEnds(client);
    });

    it('that claims to be a second hello ends the session', async () => {
        const client = await attached();
        client.hello(new Uint8Array(32));
        await expectSessionEnds(client);
    });
});

describe('random records', () => {
    const rounds = isLong ? 200 : 25;
    // Those of a lane of CUDA: to it, a call of OpenGL is an unknown number as any.
    const known = Object.keys(callNames)
        .map(Number)
        .filter((id) => id < 0x4000);

    it(`in ${rounds} sessions harm nobody else`, async () => {
        for (let round = 0; round < rounds; round += 1) {
            const client = await attached();
            const noise = randomBytes(`round ${round}`, 4096);
            const records = Array.from({ length: 24 }, (_, index) => {
                const at = index * 128;
                const call = known[noise.readUInt16LE(at) % known.length] ?? 0;
                const payload = noise.subarray(at + 16, at + 16 + ((noise[at + 2] ?? 0) % 12) * 8);
                const flags = (noise[at + 3] ?? 0) & 1;
                return record({
                    call,
                    payload,
                    flags,
                    ticket: flags === 1 ? index + 1 : 0,
                    thread: (noise[at + 4] ?? 0) % 5,
                });
            });
            client.batch(Buffer.concat(records));
            client.batch(record({ call: callId('session_detach'), flags: 1, ticket: 999 }));
            await until(`round ${round} of FERRY_TEST_SEED=${runSeed} ends`, () => {
                return client.hasEnded || client.frames.length > 1;
            });
            client.close();
        }
        await expectOthersUnharmed();
    }, 300_000);
});

describe('a client that goes away', () => {
    it('in the middle of a batch leaves no session behind', async () => {
        const before = await liveSessions(daemon);
        for (let round = 0; round < 5; round += 1) {
            const client = await attached();
            client.batch(record({ call: callId('cuCtxSynchronize') }));
            client.close();
        }
        await until('the sessions are gone', async () => (await liveSessions(daemon)) <= before);
        await expectOthersUnharmed();
    });

    it('after opening, without ever attaching, leaves none either', async () => {
        const limited = await startDaemon(['--sessions-ticket-ttl-ms', '200']);
        await openSession(limited);
        await until('the session is gone', async () => (await liveSessions(limited)) === 0);
    });
});
