// The control service under a hostile client of the same user: floods of small frames, of resets and of
// connections. The daemon must stay small and go on answering. Real process, raw HTTP/2.
import { readFileSync } from 'node:fs';
import {
    connect as connectHttp2,
    constants,
    type ClientHttp2Session,
    type ClientHttp2Stream,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { endpointOfSocket } from '../../host-daemon/src/config/places.ts';
import { ControlClient } from '../../host-daemon/src/control/client.ts';
import { specHash, wireVersion } from '../../host-daemon/src/generated/wire.ts';
import { atEnd, cleanUp, newFolder, startDaemonProcess } from './harness.ts';

afterEach(cleanUp);

interface Victim {
    readonly socket: string;
    readonly client: ControlClient;
    residentBytes(): number;
}

async function startVictim(args: readonly string[] = []): Promise<Victim> {
    const socket = join(newFolder(), 'd', 'ferry.sock');
    const daemon = await startDaemonProcess(socket, args);
    const client = new ControlClient(endpointOfSocket(socket));
    atEnd(() => client.close());
    await client.getVersion();
    const residentBytes = () => {
        const status = readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    };
    return { socket, client, residentBytes };
}

function openSession(victim: Victim): ClientHttp2Session {
    const session = connectHttp2('http://localhost', {
        createConnection: () => connectSocket(victim.socket),
    });
    session.on('error', () => undefined);
    atEnd(() => session.destroy());
    return session;
}

function openStream(session: ClientHttp2Session): ClientHttp2Stream {
    const stream = session.request({
        ':method': 'POST',
        ':path': '/ferry.v1.Control/Open',
        'content-type': 'application/grpc',
        'te': 'trailers',
    });
    stream.on('error', () => undefined);
    return stream;
}

const megabyte = 1024 * 1024;

describe('control service, attacked', () => {
    it('stays below 100 MB more when messages come one byte a frame', async () => {
        const victim = await startVictim();
        const before = victim.residentBytes();
        const session = openSession(victim);
        const head = Buffer.from([0, 0, 0, 0x3f, 0xff]);
        const streams = Array.from({ length: 32 }, () => openStream(session));
        for (const stream of streams) {
            stream.write(head);
        }
        for (let round = 0; round < 2000; round += 1) {
            const writes = streams
                .filter((stream) => !stream.destroyed)
                .map((stream) => new Promise((resolve) => stream.write(Buffer.from([0]), resolve)));
            await Promise.all(writes);
        }
        expect(victim.residentBytes() - before).toBeLessThan(100 * megabyte);
        await expect(victim.client.getVersion()).resolves.toBeDefined();
    });

    it('answers others during a flood of resets', async () => {
        const victim = await startVictim();
        const session = openSession(victim);
        for (let index = 0; index < 3000 && !session.destroyed; index += 1) {
            openStream(session).close(constants.NGHTTP2_CANCEL);
            if (index % 100 === 0) {
                await expect(victim.client.getVersion()).resolves.toBeDefined();
            }
        }
        await expect(victim.client.getVersion()).resolves.toBeDefined();
    });

    it('answers others while hundreds of connections say nothing', async () => {
        const victim = await startVictim();
        for (let index = 0; index < 300; index += 1) {
            const silent = connectSocket(victim.socket);
            silent.on('error', () => undefined);
            atEnd(() => void silent.destroy());
        }
        await expect(victim.client.getVersion()).resolves.toBeDefined();
        expect(victim.residentBytes()).toBeLessThan(250 * megabyte);
    });

    it('starts no more workers than it admits when one client only opens', async () => {
        const victim = await startVictim(['--sessions-max', '4', '--workers-warm', '0']);
        const hello = { wireVersion, version: '0', specHash, pid: 1, program: 'flood' };
        const outcomes = await Promise.allSettled(
            Array.from({ length: 30 }, () => victim.client.open(hello)),
        );
        const admitted = outcomes.filter((outcome) => outcome.status === 'fulfilled');
        expect(admitted).toHaveLength(4);
        const { sessions } = await victim.client.listSessions();
        expect(sessions.filter((session) => session.state !== 'ended')).toHaveLength(4);
    });

    it('keeps a program name with control characters on one line of the log', async () => {
        const socket = join(newFolder(), 'd', 'ferry.sock');
        const daemon = await startDaemonProcess(socket);
        const client = new ControlClient(endpointOfSocket(socket));
        atEnd(() => client.close());
        const program = 'app\n{"level":60,"msg":"forged"}\u001b[2J';
        await client.open({ wireVersion, version: '0', specHash, pid: 1, program });
        const forged = daemon
            .output()
            .trim()
            .split('\n')
            .filter((line) => (JSON.parse(line) as { msg: string }).msg === 'forged');
        expect(forged).toEqual([]);
        const { sessions } = await client.listSessions();
        expect(sessions[0]?.program).toBe('app?{"level":60,"msg":"forged"}?[2J');
    });
});
