// Guests of OpenGL that lie, and guests that are killed: each may lose its own session, never more. A
// neighbour that draws in a window draws on, and what the lost ones had is there for the next.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { installRoot } from '../../host-daemon/src/config/places.ts';
import { callId, DataClient, openSession, record } from '../e2e/data-client.ts';
import {
    cleanUp,
    describeResult,
    isAlive,
    liveSessions,
    newFolder,
    runGuest,
    seedFor,
    startDaemon,
    startGuest,
    until,
    type DaemonHandle,
    type Guest,
} from '../e2e/harness.ts';
import { buildGuest, glEnvironment, missing, startX } from './guests.ts';

const slots = 3;
const reason = missing('guests of OpenGL that lie', ['frames']);

/** The number of a call of OpenGL. */
function glCall(name: string): number {
    const registry = readFileSync(join(installRoot, 'proto/spec/gl/registry.txt'), 'utf8');
    const found = new RegExp(`^([0-9a-f]{4}) ${name} `, 'm').exec(registry);
    return parseInt(found?.[1] ?? '', 16);
}

const words = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => bytes.writeUInt32LE(value >>> 0, 4 * index));
    return bytes;
};

const apiGl = 1;
// Group 1, compatibility, the highest version.
const context = () =>
    record({ call: callId('gl_context_create'), flags: 1, ticket: 1, payload: words(1, 2, 0, 0, 0, 0) });

const gl = (name: string, ...values: number[]) => record({ call: glCall(name), payload: words(...values) });
const own = (name: string, ...values: number[]) => record({ call: callId(name), payload: words(...values) });

const texture2d = 0x0de1;
const large = [4096, 4096, 0, 0x1908, 0x1401, 1, 0, 0, 0, 16];
const lies: Record<string, () => Buffer[]> = {
    'a call before there is a context': () => [gl('glClear', 0x4000)],
    'a second context': () => [context(), context()],
    'a call that there is not': () => [context(), record({ call: 0x4fff })],
    'a record that is cut': () => [context(), record({ call: glCall('glClearColor'), payload: words(0) })],
    'a record that says it is larger': () => [
        context(),
        record({ call: glCall('glClear'), payload: words(0x4000), size: 1 << 20 }),
    ],
    'an image that is not there': () => [
        context(),
        // 4096 by 4096 texels of RGBA8, in 16 bytes of the record.
        gl('glTexImage2D', texture2d, 0, 0x8058, ...large, 0, 0, 0, 0, 0),
    ],
    'an image in no place that there is': () => [
        context(),
        gl('glTexImage2D', texture2d, 0, 0x8058, 4, 4, 0, 0x1908, 0x1401, 7, 0, 0, 0, 0, 0),
    ],
    'values of which there are fewer': () => [
        context(),
        // GL_LIGHT0, GL_POSITION: four of them, of which the record has one.
        gl('glLightfv', 0x4000, 0x1203, 4, 0, 0, 0),
    ],
    'names of which there are fewer': () => [context(), gl('glDeleteTextures', 1 << 30, 0, 0, 0)],
    'a lane that never was': () => [context(), own('gl_await', 77, 0, 1, 0)],
    'a drawable that cannot be': () => [context(), own('gl_drawable', 1, 1 << 30, 1, 0x8058, 24, 8, 0, 1)],
    'a frame for memory that is not its own': () => [
        context(),
        own('gl_drawable', 1, 64, 64, 0x8058, 24, 8, 0, 1),
        own('gl_present', 1, 0, 0x10000, 0, 16384, 0, 0, 0, 0, 0),
    ],
};

/** Enumerants, offsets, sizes and names that GL refuses. */
const refused = () => [
    context(),
    gl('glEnable', 0xdeadbeef),
    gl('glBindTexture', 0xffffffff, 0xffffffff),
    gl('glUseProgram', 0x7fffffff),
    gl('glScissor', 0, 0, 0xffffffff, 0x80000000),
    // No buffer is bound: these would be addresses.
    gl('glVertexAttribPointer', 0, 4, 0x1406, 0, 0, 0, 0x56789000, 0x1234),
    gl('glDrawElements', 4, 3, 0x1405, 0, 0x56789000, 0x1234),
];

describe.skipIf(reason !== null)('guests of OpenGL that lie', () => {
    let daemon: DaemonHandle;
    let display = '';
    let folder = '';
    let program = '';
    let neighbour: Guest;
    const clients: DataClient[] = [];

    const environment = () => glEnvironment({ daemon, display }, 'vendor', join(folder, 'stats'));
    const endless = () => startGuest([program, '100000000'], environment(), 600_000);
    const sessionOf = async (pid: number) => {
        const { sessions } = await daemon.client.listSessions();
        return sessions.find((each) => each.guestPid === pid && each.state !== 'ended');
    };
    const expectDraws = async (guest: Guest) => {
        const presents = async () => Number((await sessionOf(guest.pid))?.meters.presents ?? 0);
        const draws = async () => guest.child.exitCode !== null || (await presents()) > 20;
        await until('it draws', draws);
        expect(guest.child.exitCode, guest.stderr()).toBeNull();
    };
    const expectNeighbourUnharmed = () => {
        expect(isAlive(daemon.pid), daemon.log()).toBe(true);
        expect(neighbour.child.exitCode, neighbour.stderr()).toBeNull();
    };
    const expectOthersUnharmed = async () => {
        expectNeighbourUnharmed();
        const command = [program, '20'];
        const result = await runGuest(command, environment());
        expect(result.stdout, describeResult(command, result)).toContain('frames 42');
    };

    beforeAll(async () => {
        daemon = await startDaemon(['--sessions-max', String(slots)]);
        display = await startX();
        folder = newFolder();
        program = buildGuest(folder, 'frames', 0, ['-lGL', '-lX11']);
        neighbour = endless();
        await expectDraws(neighbour);
    }, 120_000);
    afterEach(() => clients.splice(0).forEach((client) => client.close()));
    afterAll(cleanUp);

    const attached = async () => {
        const { endpoint, ticket } = await openSession(daemon);
        const client = new DataClient(endpoint);
        clients.push(client);
        client.hello(ticket, { api: apiGl });
        await until('it is attached', () => client.frames.some((frame) => frame.welcome !== undefined));
        return client;
    };
    const isAlone = async () => (await liveSessions(daemon)) === 1;
    const hasEnded = (client: DataClient) =>
        client.hasEnded || client.frames.some((frame) => frame.farewell !== undefined);

    it.each(Object.keys(lies))('end their own session alone: %s', async (name) => {
        const client = await attached();
        client.batch(Buffer.concat(lies[name]?.() ?? []));
        await until('the session is ended', () => hasEnded(client));
        expectNeighbourUnharmed();
    });

    it('live on where GL refuses what they say', async () => {
        const client = await attached();
        const question = record({ call: callId('gl_error'), flags: 1, ticket: 2 });
        client.batch(Buffer.concat([...refused(), question]));
        // A reply begins with its size, its kind and its call, its ticket.
        const isAnswered = () => {
            const replies = client.frames.map((frame) => frame.batch?.records ?? Buffer.alloc(0));
            const bytes = Buffer.concat(replies);
            for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) {
                if (bytes.readUInt32LE(at + 8) === 2) return true;
            }
            return false;
        };
        await until('it is answered', () => hasEnded(client) || isAnswered());
        expect(hasEnded(client)).toBe(false);
        client.close();
        await until('there is room for the next one', isAlone);
    });

    it('end their own session at most, with calls at random', async () => {
        let state = seedFor('random records of OpenGL') || 1;
        const draw = (bound: number) => {
            state = (Math.imul(state, 1103515245) + 12345) >>> 0;
            return (state >>> 8) % bound;
        };
        for (let round = 0; round < 5; round += 1) {
            const client = await attached();
            const records = Array.from({ length: 200 }, () => {
                const payload = words(...Array.from({ length: draw(12) }, () => draw(4) * draw(0x9000)));
                return record({ call: 0x4000 + draw(0x430), payload });
            });
            // The last one ends the session, if none before it has.
            for (const each of [...records, record({ call: 0x4fff })]) {
                client.batch(each);
            }
            await until('the session is ended', () => hasEnded(client));
            client.close();
            await until('there is room for the next one', isAlone);
        }
        await expectOthersUnharmed();
    });

    it('leave nothing behind when they are killed while they draw', async () => {
        await until('the neighbour is alone', isAlone);
        for (let round = 0; round < 2; round += 1) {
            // One after the other: each looks at its window first, on which the next one's will lie.
            const guests: Guest[] = [];
            while (guests.length < slots - 1) {
                const guest = endless();
                await expectDraws(guest);
                guests.push(guest);
            }
            const workerOf = async ({ pid }: Guest) => (await sessionOf(pid))?.workerPid ?? 0;
            const workers = await Promise.all(guests.map(workerOf));
            guests.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
            // The contexts and their memory are the worker's, which is no more; the slots are free.
            await until('the workers are gone', () => workers.every((pid) => !isAlive(pid)));
            await until('the sessions are ended', isAlone);
        }
        await expectOthersUnharmed();
    }, 60_000);
});
