// No call of a guest waits for JavaScript: a worker whose event loop never comes round again serves its guest
// from Hello to goodbye. The worker is the addon in a process of its own, blocked before the guest starts;
// Control is served from here.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, it } from 'vitest';

import { guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { endpointOfSocket, installRoot, places } from '../../host-daemon/src/config/places.ts';
import type { ControlHandlers } from '../../host-daemon/src/control/messages.ts';
import { serveControl } from '../../host-daemon/src/control/server.ts';
import { specHash, wireVersion } from '../../host-daemon/src/generated/wire.ts';
import { buildGuests } from './guest-build.ts';
import { atEnd, cleanUp, describeResult, newFolder, plainEnvironment, runGuest, until } from './harness.ts';

const guests = await buildGuests();
afterEach(cleanUp);

interface Worker {
    readonly child: ChildProcess;
    readonly events: string[];
    readonly exit: Promise<number | null>;
    readonly endpoint: string;
    readonly ticket: Buffer;
}

/** A worker that holds its lease, and whose JavaScript has run for the last time. */
async function blockedWorker(folder: string): Promise<Worker> {
    const script = fileURLToPath(new URL('../native/addon-child.cjs', import.meta.url));
    const addon = join(installRoot, 'build', 'native', 'ferry.node');
    const child = fork(script, [addon], { execArgv: [], env: plainEnvironment() });
    atEnd(() => void child.kill('SIGKILL'));
    const events: string[] = [];
    child.on('message', (event: { type: string }) => events.push(event.type));
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const heard = (type: string) => until(`the worker is ${type}`, () => events.includes(type));
    await heard('ready');
    const socketPath = join(folder, 'w', 'worker.sock');
    const ticket = Buffer.alloc(32, 5);
    child.send({
        start: {
            socketPath,
            ticket: ticket.toString('hex'),
            ticketTtlMs: 30_000,
            driver: 'software',
            driverPath: places.softwareDriver,
        },
    });
    await heard('listening');
    child.send({ command: ['grant', 1000] });
    child.send({ block: true });
    await heard('blocked');
    return { child, events, exit, endpoint: endpointOfSocket(socketPath), ticket };
}

async function control(folder: string, worker: Worker): Promise<string> {
    const nothing = (): never => {
        throw new Error('not asked for here');
    };
    const handlers = {
        getVersion: () => ({ version: '0', wireVersion, specHash }),
        open: () => ({
            sessionId: 's',
            endpoint: worker.endpoint,
            ticket: worker.ticket,
            ticketTtlMs: 30_000,
        }),
        close: nothing,
        listSessions: nothing,
        listDevices: nothing,
    } as unknown as ControlHandlers;
    mkdirSync(join(folder, 'c'), { mode: 0o700 });
    const socket = join(folder, 'c', 'control.sock');
    const server = await serveControl(socket, null, handlers, (method, error) => {
        throw new Error(`${method}: ${String(error)}`);
    });
    atEnd(() => server.close(0));
    return endpointOfSocket(socket);
}

it.each(['ring', 'unix'])('a worker with a blocked event loop serves its guest over %s', async (carrier) => {
    const folder = newFolder();
    const worker = await blockedWorker(folder);
    const endpoint = await control(folder, worker);
    const { shim, shimLinks: links } = places;
    const environment = {
        ...guestEnvironment(plainEnvironment(), { shim, links, endpoint }),
        FERRY_CARRIER: carrier,
    };
    const command = [guests.driver('vector_add_driver'), '1', '4099'];
    const result = await runGuest(command, environment);
    expect(result.stdout, describeResult(command, result)).toMatch(/^PASS vector_add_driver /m);
    expect(result.code, describeResult(command, result)).toBe(0);
    expect(await worker.exit).toBe(0);
    // What the engine wanted to tell JavaScript since then was never heard.
    expect(worker.events).toEqual(['ready', 'listening', 'blocked']);
});
