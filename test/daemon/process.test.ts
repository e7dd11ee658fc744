// `ferry daemon` as a process: starting, stopping, being killed, and what it leaves behind. The fake addon
// serves the workers; the rest is real.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { endpointOfSocket } from '../../host-daemon/src/config/places.ts';
import { ControlClient } from '../../host-daemon/src/control/client.ts';
import { specHash, wireVersion } from '../../host-daemon/src/generated/wire.ts';
import {
    atEnd,
    cleanUp,
    fakeAddon,
    FakeGuest,
    isAlive,
    newFolder,
    startDaemonProcess,
    startFerry,
    until,
} from './harness.ts';

afterEach(cleanUp);

const hello = { wireVersion, version: '0', specHash, pid: 1, program: 'app' };

function newSocket(): string {
    return join(newFolder(), 'd', 'ferry.sock');
}

function clientOf(socket: string): ControlClient {
    const client = new ControlClient(endpointOfSocket(socket));
    atEnd(() => client.close());
    return client;
}

async function workersOf(client: ControlClient): Promise<number[]> {
    return (await client.listSessions()).sessions.map((session) => session.workerPid);
}

async function attach(client: ControlClient): Promise<FakeGuest> {
    const guest = await FakeGuest.connect((await client.open(hello)).endpoint);
    guest.say('attach');
    return guest;
}

describe('ferry daemon', () => {
    it('stops on SIGTERM with status 0 and removes its sockets', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket);
        await expect(clientOf(socket).getVersion()).resolves.toBeDefined();
        daemon.child.kill('SIGTERM');
        expect(await daemon.ended).toBe(0);
        expect(readdirSync(dirname(socket))).toEqual(['ferry.sock.lock']);
        expect(daemon.output()).toContain('daemon stopped');
    });

    it('waits for its guests when it stops, and admits no new one', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket, ['--daemon-drain-limit-ms', '60000']);
        const client = clientOf(socket);
        const guest = await attach(client);
        daemon.child.kill('SIGTERM');
        await until('draining', () => daemon.output().includes('daemon stopping'));
        await expect(client.open(hello)).rejects.toMatchObject({ code: 'unreachable' });
        expect(guest.closed).toBe(false);
        guest.leave();
        expect(await daemon.ended).toBe(0);
    });

    it('ends guests that stay past the drain limit with 999', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket, ['--daemon-drain-limit-ms', '50']);
        const guest = await attach(clientOf(socket));
        daemon.child.kill('SIGTERM');
        expect(await daemon.ended).toBe(0);
        await until('closed', () => guest.closed);
        expect(guest.lines).toContain('stop 999');
    });

    it('ends at once on a second signal', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket, ['--daemon-drain-limit-ms', '600000']);
        await attach(clientOf(socket));
        daemon.child.kill('SIGINT');
        await until('draining', () => daemon.output().includes('daemon stopping'));
        daemon.child.kill('SIGINT');
        expect(await daemon.ended).toBe(0);
    });

    it('refuses a second daemon on its socket with status 5 and stays reachable', async () => {
        const socket = newSocket();
        const first = await startDaemonProcess(socket);
        const second = startFerry([
            'daemon',
            '--socket',
            socket,
            '--device',
            'null',
            '--workers-addon',
            fakeAddon,
        ]);
        expect(await second.ended).toBe(5);
        expect(second.output()).toContain(`another daemon (pid ${first.child.pid})`);
        await expect(clientOf(socket).getVersion()).resolves.toBeDefined();
    });

    it('replaces what a killed daemon left behind, whose workers and guests are ended', async () => {
        const socket = newSocket();
        const first = await startDaemonProcess(socket);
        const client = clientOf(socket);
        const guest = await attach(client);
        const workers = await workersOf(client);
        first.child.kill('SIGKILL');
        await first.ended;
        await until('guest closed', () => guest.closed);
        await until('workers gone', () => !workers.some(isAlive));
        expect(existsSync(socket)).toBe(true);
        await startDaemonProcess(socket);
        await expect(clientOf(socket).getVersion()).resolves.toBeDefined();
        expect(readdirSync(`${socket}.d`)).toEqual([]);
    });

    it('makes its folder with mode 700 and refuses one that is open to others', async () => {
        const socket = newSocket();
        mkdirSync(dirname(socket), { mode: 0o755 });
        chmodSync(dirname(socket), 0o755);
        const daemon = startFerry([
            'daemon',
            '--socket',
            socket,
            '--device',
            'null',
            '--workers-addon',
            fakeAddon,
        ]);
        expect(await daemon.ended).toBe(1);
        expect(daemon.output()).toContain('expected user');
    });

    it('takes a socket over that nobody serves, but only with the lock', async () => {
        const socket = newSocket();
        mkdirSync(dirname(socket), { mode: 0o700 });
        const stranger = createServer();
        await new Promise<void>((resolve) => stranger.listen(socket, resolve));
        atEnd(() => void stranger.close());
        await startDaemonProcess(socket);
        await expect(clientOf(socket).getVersion()).resolves.toBeDefined();
    });

    it('names the reason and exits with 4 when there is no device', async () => {
        const flags = [
            '--device',
            'software',
            '--device-driver-path',
            '/absent.so',
            '--workers-addon',
            fakeAddon,
        ];
        const daemon = startFerry(['daemon', '--socket', newSocket(), ...flags]);
        expect(await daemon.ended).toBe(4);
        expect(daemon.output()).toContain('software cannot be loaded from /absent.so');
    });

    it('passes over a driver without a device when it may choose', async () => {
        const socket = newSocket();
        await startDaemonProcess(socket, ['--device', 'auto']);
        expect((await clientOf(socket).listDevices()).driver).toBe('software');
    });

    it('says which addon is missing', async () => {
        const flags = ['--device', 'null', '--workers-addon', '/absent/ferry.node'];
        const daemon = startFerry(['daemon', '--socket', newSocket(), ...flags]);
        expect(await daemon.ended).toBe(4);
        expect(daemon.output()).toContain('/absent/ferry.node');
    });

    it('ends when its starter does with --private, folder included', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket, ['--private']);
        daemon.child.stdin?.end();
        expect(await daemon.ended).toBe(0);
        expect(existsSync(dirname(socket))).toBe(false);
    });

    it('serves on when it runs out of descriptors, and starts workers again later', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket, ['--workers-warm', '0']);
        const client = clientOf(socket);
        await client.listDevices(); // a connection there is, an answer to GetVersion there has not been
        const limitDescriptors = (count: number) => {
            const args = ['--pid', String(daemon.child.pid), `--nofile=${count}:4096`];
            expect(spawnSync('prlimit', args).status).toBe(0);
        };
        limitDescriptors(readdirSync(`/proc/${daemon.child.pid}/fd`).length);
        await expect(client.open(hello)).rejects.toBeDefined();
        await expect(client.getVersion()).resolves.toBeDefined();
        limitDescriptors(4096);
        await expect(client.open(hello)).resolves.toBeDefined();
    });

    it('serves on when the reader of its log goes away', async () => {
        const socket = newSocket();
        const daemon = await startDaemonProcess(socket);
        daemon.child.stderr?.destroy();
        const client = clientOf(socket);
        const guest = await attach(client);
        guest.leave();
        await until('ended', async () => (await client.listSessions()).sessions[0]?.state === 'ended');
    });

    it('logs one JSON object a line', async () => {
        const daemon = await startDaemonProcess(newSocket());
        daemon.child.kill('SIGTERM');
        await daemon.ended;
        const lines = daemon.output().trim().split('\n');
        expect(lines.length).toBeGreaterThan(2);
        for (const line of lines) {
            expect(JSON.parse(line)).toMatchObject({ pid: daemon.child.pid });
        }
    });
});

describe('ferry', () => {
    it('checks and prints a configuration without starting anything', async () => {
        const good = startFerry(['daemon', '--check-config', '--sessions-max', '3']);
        expect(await good.ended).toBe(0);
        const printed = startFerry(['daemon', '--print-config'], { FERRY_SESSIONS_MAX: '9' });
        expect(await printed.ended).toBe(0);
        expect(printed.output()).toContain('from FERRY_SESSIONS_MAX\nmax = 9');
        const file = join(newFolder(), 'bad.toml');
        writeFileSync(file, 'socket = 7\n');
        const bad = startFerry(['daemon', '--check-config', '--config', file]);
        expect(await bad.ended).toBe(2);
        expect(bad.output()).toContain('socket: expected a path, got 7');
    });

    it.each([[['nonsense']], [['daemon', '--nonsense']], [['run']], [[]]])(
        'answers %j with status 2 or help',
        async (args) => {
            const program = startFerry(args);
            expect(await program.ended).toBe(2);
            expect(program.output()).not.toBe('');
        },
    );

    it('shows status and devices as text and JSON', async () => {
        const socket = newSocket();
        await startDaemonProcess(socket);
        await attach(clientOf(socket));
        const endpoint = ['--endpoint', endpointOfSocket(socket)];
        const status = startFerry(['status', ...endpoint]);
        expect(await status.ended).toBe(0);
        expect(status.output()).toContain('1 live');
        const json = startFerry(['status', '--json', ...endpoint]);
        expect(await json.ended).toBe(0);
        expect(JSON.parse(json.output())).toMatchObject({ driver: 'null', sessions: [{ program: 'app' }] });
        const devices = startFerry(['devices'], { FERRY_ENDPOINT: endpointOfSocket(socket) });
        expect(await devices.ended).toBe(0);
        expect(devices.output()).toContain('Fake null device');
    });

    it('answers 3 when no daemon does', async () => {
        const status = startFerry(['status', '--endpoint', `unix:${newSocket()}`]);
        expect(await status.ended).toBe(3);
        expect(status.output()).toContain('no daemon answers');
    });

    it('reports its version as package.json has it', async () => {
        const program = startFerry(['version', '--json']);
        expect(await program.ended).toBe(0);
        const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
        expect(JSON.parse(program.output())).toMatchObject({ version, wireVersion });
    });
});
