// The control service of a whole daemon with real worker processes and the fake addon, spoken to by a real
// grpc-js client over its Unix socket.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import grpc from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';

import type { FlagValues } from '../../host-daemon/src/config/load.ts';
import { endpointOfSocket } from '../../host-daemon/src/config/places.ts';
import type { Config } from '../../host-daemon/src/config/settings.ts';
import type { ControlClient } from '../../host-daemon/src/control/client.ts';
import type { SessionMessage } from '../../host-daemon/src/control/messages.ts';
import { Daemon } from '../../host-daemon/src/daemon/daemon.ts';
import { chooseDevice, type ChosenDevice } from '../../host-daemon/src/daemon/device.ts';
import { specHash, wireVersion } from '../../host-daemon/src/generated/wire.ts';
import type { WorkerSpec } from '../../host-daemon/src/worker/process.ts';
import { atEnd, cleanUp, fakeConfig, fakeSpec, FakeGuest, isAlive, newClient, until } from './harness.ts';

afterEach(cleanUp);

interface Running {
    readonly config: Config;
    readonly daemon: Daemon;
    readonly client: ControlClient;
    /** Messages the daemon logged. */
    readonly logged: string[];
}

function deviceOf(config: Config, spec: WorkerSpec): Promise<ChosenDevice> {
    return chooseDevice(spec, config['device.driver'], config['device.driver_path'], () => undefined);
}

async function startDaemon(flags: FlagValues = {}): Promise<Running> {
    const config = fakeConfig({ 'daemon.drain_limit_ms': '100', ...flags });
    const logged: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
    const spec = fakeSpec(config);
    const daemon = await Daemon.start(config, spec, log, deviceOf(config, spec));
    atEnd(() => daemon.stop('end of test'));
    return { config, daemon, client: newClient(config), logged };
}

const hello = { wireVersion, version: '0', specHash, pid: 4242, program: '/usr/bin/app' };

async function attach(running: Running): Promise<{ id: string; guest: FakeGuest }> {
    const { sessionId, endpoint } = await running.client.open(hello);
    const guest = await FakeGuest.connect(endpoint);
    guest.say('attach');
    await until('attached', async () => (await sessionOf(running, sessionId))?.state === 'attached');
    return { id: sessionId, guest };
}

async function sessionOf(running: Running, id: string): Promise<SessionMessage | undefined> {
    return (await running.client.listSessions()).sessions.find((session) => session.sessionId === id);
}

describe('a guest that ends before it attaches', () => {
    const program = { ...hello, program: process.execPath };

    async function openFor(running: Running, child: ChildProcess): Promise<string> {
        return (await running.client.open({ ...program, pid: child.pid ?? 0 })).sessionId;
    }

    it('gives its worker back, long before its ticket expires', async () => {
        const running = await startDaemon({ 'sessions.ticket_ttl_ms': '600000' });
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
        await once(child, 'spawn');
        // Until then the child is a copy of this process, and so of the same program.
        const id = await openFor(running, child);
        const other = await running.client.open(hello);
        expect((await sessionOf(running, id))?.state).toBe('opening');
        child.kill('SIGKILL');
        await until('ended', async () => (await sessionOf(running, id))?.state === 'ended');
        // One whose number says nothing here keeps its worker.
        expect((await sessionOf(running, other.sessionId))?.state).toBe('opening');
    });

    it('is followed no more once it has attached: a worker sees better', async () => {
        const running = await startDaemon({ 'sessions.ticket_ttl_ms': '600000' });
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
        await once(child, 'spawn');
        const { sessionId, endpoint } = await running.client.open({ ...program, pid: child.pid ?? 0 });
        const guest = await FakeGuest.connect(endpoint);
        guest.say('attach');
        await until('attached', async () => (await sessionOf(running, sessionId))?.state === 'attached');
        child.kill('SIGKILL');
        await once(child, 'exit');
        await new Promise((resolve) => setTimeout(resolve, 400));
        expect((await sessionOf(running, sessionId))?.state).toBe('attached');
    });
});

describe('control service', () => {
    it('answers its versions and devices', async () => {
        const { client } = await startDaemon();
        expect(await client.getVersion()).toMatchObject({ wireVersion, specHash });
        const devices = await client.listDevices();
        expect(devices).toMatchObject({ driver: 'null', driverVersion: 13000, arbiterDecisions: '0' });
        expect(devices.devices[0]).toMatchObject({
            name: 'Fake null device',
            totalMemory: String(2n ** 40n),
        });
        expect(Buffer.from(devices.devices[0]?.uuid ?? []).toString('hex')).toBe('07'.repeat(16));
    });

    it('reports SERVING over grpc.health.v1', async () => {
        const { config } = await startDaemon();
        const client = new grpc.Client(endpointOfSocket(config.socket), grpc.credentials.createInsecure());
        atEnd(() => client.close());
        const reply = await new Promise<Buffer | undefined>((resolve, reject) => {
            const plain = (bytes: Buffer) => bytes;
            client.makeUnaryRequest(
                '/grpc.health.v1.Health/Check',
                plain,
                plain,
                Buffer.alloc(0),
                (error, bytes) => (error === null ? resolve(bytes) : reject(error)),
            );
        });
        expect(reply).toEqual(Buffer.from([8, 1]));
    });

    it('opens a session with a ticket of 32 bytes and shows it through its life', async () => {
        const running = await startDaemon();
        const reply = await running.client.open(hello);
        expect(reply.ticket).toHaveLength(32);
        expect(reply.endpoint.startsWith(`unix:${running.config.socket}.d/`)).toBe(true);
        expect(await sessionOf(running, reply.sessionId)).toMatchObject({
            state: 'opening',
            program: 'app',
            guestPid: 4242,
        });
        const guest = await FakeGuest.connect(reply.endpoint);
        guest.say('attach\ncount 17');
        await until(
            'meters',
            async () => (await sessionOf(running, reply.sessionId))?.meters.records === '17',
        );
        expect((await sessionOf(running, reply.sessionId))?.state).toBe('attached');
        guest.leave();
        await until('ended', async () => (await sessionOf(running, reply.sessionId))?.state === 'ended');
        expect((await sessionOf(running, reply.sessionId))?.meters.records).toBe('17');
    });

    it('gives every guest a worker process of its own', async () => {
        const running = await startDaemon({ 'workers.warm': '2' });
        const guests = await Promise.all([attach(running), attach(running), attach(running)]);
        const pids = new Set<number>();
        for (const { id } of guests) {
            pids.add((await sessionOf(running, id))?.workerPid ?? 0);
        }
        expect(pids.size).toBe(3);
        expect([...pids].every(isAlive)).toBe(true);
    });

    it('refuses another wire version with FAILED_PRECONDITION naming both', async () => {
        const { client } = await startDaemon();
        const refused = client.open({ ...hello, wireVersion: wireVersion + 1 });
        await expect(refused).rejects.toMatchObject({
            code: grpc.status.FAILED_PRECONDITION,
            details: expect.stringContaining(`expected ${wireVersion}`),
        });
    });

    it('refuses with RESOURCE_EXHAUSTED when full, and admits again when a guest has left', async () => {
        const running = await startDaemon({ 'sessions.max': '1' });
        const { id, guest } = await attach(running);
        await expect(running.client.open(hello)).rejects.toMatchObject({
            code: grpc.status.RESOURCE_EXHAUSTED,
        });
        guest.leave();
        await until('ended', async () => (await sessionOf(running, id))?.state === 'ended');
        await expect(running.client.open(hello)).resolves.toBeDefined();
    });

    it('ends a session that nobody attaches to when its ticket expires', async () => {
        const running = await startDaemon({ 'sessions.ticket_ttl_ms': '100' });
        const { sessionId } = await running.client.open(hello);
        await until('ended', async () => (await sessionOf(running, sessionId))?.state === 'ended');
        expect(running.logged.join('')).toContain('before its ticket expired');
    });

    it('ends a session by Close, and answers NOT_FOUND for one it does not know', async () => {
        const running = await startDaemon();
        const { id, guest } = await attach(running);
        await running.client.closeSession({ sessionId: id });
        await until('closed', () => guest.closed);
        expect(guest.lines).toContain('stop 999');
        const unknown = running.client.closeSession({ sessionId: 'none' });
        await expect(unknown).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
    });

    it('ends a guest of another user as not permitted', async () => {
        const running = await startDaemon();
        const { sessionId, endpoint } = await running.client.open(hello);
        const guest = await FakeGuest.connect(endpoint);
        guest.say('attach 54321');
        await until('ended', async () => (await sessionOf(running, sessionId))?.state === 'ended');
        expect(guest.lines).toContain('stop 800');
    });

    it('refuses a message over 16 KiB', async () => {
        const { client } = await startDaemon();
        const refused = client.open({ ...hello, program: 'x'.repeat(20_000) });
        await expect(refused).rejects.toMatchObject({ code: grpc.status.RESOURCE_EXHAUSTED });
        await expect(client.getVersion()).resolves.toBeDefined();
    });

    it('survives bytes that are no HTTP/2', async () => {
        const running = await startDaemon();
        const stranger = await FakeGuest.connect(endpointOfSocket(running.config.socket));
        stranger.say('GET / HTTP/1.1\r\n\r\n');
        await until('hung up', () => stranger.closed);
        await expect(running.client.getVersion()).resolves.toBeDefined();
    });
});

describe('the device', () => {
    it('goes from guest to guest by grant and revoke, one at a time', async () => {
        const running = await startDaemon({ 'device.quantum_ms': '30' });
        const [first, second] = [await attach(running), await attach(running)];
        first.guest.say('want');
        await until('first grant', () => first.guest.lines.includes('grant 30'));
        second.guest.say('want');
        await until('revoke', () => first.guest.lines.includes('revoke 0'));
        expect(second.guest.lines).toEqual([]);
        first.guest.say('release');
        await until('second grant', () => second.guest.lines.includes('grant 30'));
        expect((await running.client.listDevices()).arbiterDecisions).toBe('3');
    });

    it('goes on to the next guest when its holder is killed', async () => {
        const running = await startDaemon();
        const [first, second] = [await attach(running), await attach(running)];
        first.guest.say('want');
        await until('first grant', () => first.guest.lines.length === 1);
        second.guest.say('want');
        process.kill((await sessionOf(running, first.id))?.workerPid ?? 0, 'SIGKILL');
        await until('second grant', () => second.guest.lines.length === 1);
        expect(running.logged.join('')).toContain('the worker died: signal SIGKILL');
        expect(second.guest.closed).toBe(false);
    });

    it('goes on to the next guest when its holder does not answer, which is ended only later', async () => {
        const limits = { 'device.revoke_limit_ms': '100', 'device.end_limit_ms': '400' };
        const running = await startDaemon({ ...limits, 'device.quantum_ms': '5' });
        const [first, second] = [await attach(running), await attach(running)];
        first.guest.say('want');
        await until('first grant', () => first.guest.lines.length === 1);
        second.guest.say('want');
        await until('second grant', () => second.guest.lines.length === 1);
        expect(first.guest.closed).toBe(false);
        await until('first gone', () => first.guest.closed);
        await until('logged', () => running.logged.join('').includes('it did not give the device back'));
        expect(second.guest.closed).toBe(false);
    });

    it('is not kept by the worker of a guest that is gone', async () => {
        const running = await startDaemon();
        const { sessionId, endpoint } = await running.client.open(hello);
        const guest = await FakeGuest.connect(endpoint);
        const short = spawn('/bin/true');
        await once(short, 'exit');
        guest.say(`attach ${process.getuid?.()} ${short.pid}`);
        await until('ended', async () => (await sessionOf(running, sessionId))?.state === 'ended');
        expect(running.logged.join('')).toContain('the guest is gone');
    });
});

describe('workers', () => {
    it('that crash end their own session only', async () => {
        const running = await startDaemon();
        const [first, second] = [await attach(running), await attach(running)];
        first.guest.say('crash');
        await until('first ended', async () => (await sessionOf(running, first.id))?.state === 'ended');
        expect(running.logged.join('')).toMatch(/the worker died: signal SIGABRT/);
        expect((await sessionOf(running, second.id))?.state).toBe('attached');
    });

    it('have their log lines logged with their session', async () => {
        const running = await startDaemon();
        const { id, guest } = await attach(running);
        guest.say('log something odd');
        await until('logged', () =>
            running.logged.some((line) => line.includes('something odd') && line.includes(id)),
        );
    });

    it('leave no socket behind', async () => {
        const running = await startDaemon();
        const { guest } = await attach(running);
        guest.leave();
        await running.daemon.stop('test');
        expect(readdirSync(dirname(running.config.socket))).toEqual(['ferry.sock.lock']);
    });

    it('that cannot be started fail the Open with UNAVAILABLE, not the daemon', async () => {
        const config = fakeConfig({ 'workers.warm': '0', 'daemon.drain_limit_ms': '100' });
        const good = fakeSpec(config);
        const silent = pino({ level: 'silent' });
        const daemon = await Daemon.start(config, good, silent, deviceOf(config, good));
        atEnd(() => daemon.stop('end of test'));
        // The spec is read at each spawn, so this is what a removed installation looks like.
        Object.assign(good, { entry: '/nonexistent/main.js' });
        const client = newClient(config);
        await expect(client.open(hello)).rejects.toMatchObject({ code: 'unreachable' });
        await expect(client.getVersion()).resolves.toBeDefined();
    });
});
