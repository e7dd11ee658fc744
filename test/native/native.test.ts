// The native side. First its unit tests (C++, no Node in them; built twice: with AddressSanitizer and UBSan,
// and with ThreadSanitizer), then the addon in a process of its own, driven by an ordinary @grpc/grpc-js
// client over proto/ferry.proto.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { callId, DataClient, record } from '../e2e/data-client.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const addonPath = join(root, 'build/native/ferry.node');
const softwareDriver = join(root, 'build/soft/libcuda-soft.so');
const buildLimitMs = 600_000;

function runTool(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    const done = spawnSync(program, args, {
        cwd: root,
        encoding: 'utf8',
        timeout: buildLimitMs,
        maxBuffer: 64 << 20,
        env: { ...process.env, ...env },
    });
    if (done.error !== undefined) throw done.error;
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
}

const sanitizers = [
    { sanitizer: 'address', build: 'build/engine-asan', flags: [], title: 'AddressSanitizer and UBSan' },
    // Without optimisation its programs would take four times as long.
    {
        sanitizer: 'thread',
        build: 'build/engine-tsan',
        flags: ['-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1'],
        title: 'ThreadSanitizer',
    },
] as const;

describe.each(sanitizers)('the engine and its transport', ({ sanitizer, build, flags, title }) => {
    beforeAll(() => {
        const kind = ['-DFERRY_ENGINE_ONLY=ON', `-DFERRY_SANITIZE=${sanitizer}`, '-DCMAKE_BUILD_TYPE=Debug'];
        runTool('cmake', ['-S', 'native', '-B', build, ...kind, ...flags]);
        runTool('cmake', ['--build', build, '--parallel', '2']);
    }, buildLimitMs);

    // Driver objects are left to the end of the process by design, and the null device's are memory: where a
    // test makes such objects, leaks are not counted.
    const programs = [
        { name: 'handles_test', leaks: true },
        { name: 'turns_test', leaks: true },
        { name: 'pace_test', leaks: true },
        { name: 'placement_test', leaks: true },
        { name: 'wait_history_test', leaks: true },
        { name: 'copy_lines_test', leaks: true },
        { name: 'link_test', leaks: true },
        { name: 'listener_test', leaks: true },
        { name: 'http2_test', leaks: true },
        { name: 'session_test', leaks: true },
        { name: 'image_store_test', leaks: true },
        { name: 'ring_link_test', leaks: true },
        { name: 'ring_threads_test', leaks: true },
        { name: 'send_queue_test', leaks: true },
        { name: 'resumption_test', leaks: true },
        { name: 'receive_test', leaks: false },
        { name: 'ring_session_test', leaks: false },
        { name: 'executor_test', leaks: false },
        { name: 'blocking_test', leaks: false },
        { name: 'landing_test', leaks: false },
        { name: 'waiters_test', leaks: false },
        { name: 'watches_test', leaks: false },
        { name: 'lending_test', leaks: false },
        { name: 'hostile_ring_test', leaks: false },
        { name: 'pins_test', leaks: false },
        { name: 'hostile_test', leaks: false },
        // What a driver of GL leaks is not ours.
        { name: 'gl_lanes_test', leaks: false },
        { name: 'gl_frames_test', leaks: false },
        { name: 'gl_hostile_test', leaks: false },
        { name: 'gl_answers_test', leaks: false },
        { name: 'gl_fuzz_test', leaks: false },
    ] as const;
    // ThreadSanitizer sees nothing of a driver of GL, which is not built with it.
    const isBuilt = (name: string) =>
        sanitizer === 'address' || !/^gl_(frames|hostile|answers|fuzz)_test$/.test(name);
    for (const { name, leaks } of programs.filter((program) => isBuilt(program.name))) {
        it(`passes ${name} under ${title}`, () => {
            // A driver may ask for more memory than there is: what counts is what it does when it gets none.
            const options = { ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:allocator_may_return_null=1` };
            const printed = runTool(join(root, build, 'tests', name), [], options);
            expect(printed).toMatch(/^ok /m);
            expect(printed).not.toContain('FAILED');
        }, 300_000);
    }
});

interface AddonEvent {
    readonly type: string;
    readonly [key: string]: unknown;
}

/** The addon in a child process, with its events in order. */
class AddonChild {
    readonly events: AddonEvent[] = [];
    readonly ticket = Buffer.alloc(32, 5);
    readonly folder = mkdtempSync(join(tmpdir(), 'ferry-native-'));
    readonly endpoint = `unix:${join(this.folder, 'w', 'worker.sock')}`;
    readonly child: ChildProcess;
    #seen = 0;

    constructor() {
        const script = fileURLToPath(new URL('addon-child.cjs', import.meta.url));
        this.child = fork(script, [addonPath], { execArgv: [], stdio: 'inherit' });
        this.child.on('message', (event) => this.events.push(event as AddonEvent));
    }

    start(changes: object = {}): void {
        this.child.send({
            start: {
                socketPath: this.endpoint.slice('unix:'.length),
                ticket: this.ticket.toString('hex'),
                ticketTtlMs: 60_000,
                driver: 'null',
                driverPath: '',
                batchLimitBytes: 8 << 20,
                ...changes,
            },
        });
    }

    command(kind: string, value: number): void {
        this.child.send({ command: [kind, value] });
    }

    /** The next event of that type, counted from the last one that was waited for. */
    async next(type: string): Promise<AddonEvent> {
        const deadline = Date.now() + 60_000;
        while (Date.now() < deadline) {
            const index = this.events.findIndex((event, at) => at >= this.#seen && event.type === type);
            if (index >= 0) {
                this.#seen = index + 1;
                return this.events[index]!;
            }
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        throw new Error(`event: expected ${type}, got ${JSON.stringify(this.events)}`);
    }

    dispose(): void {
        this.child.kill('SIGKILL');
        rmSync(this.folder, { recursive: true, force: true });
    }
}

interface Reply {
    readonly kind: number;
    readonly ticket: number;
    readonly result: number;
    readonly payload: Buffer;
}

function repliesOf(client: DataClient): Reply[] {
    const replies: Reply[] = [];
    for (const frame of client.frames) {
        let rest = Buffer.from(frame.batch?.records ?? Buffer.alloc(0));
        while (rest.length >= 16) {
            const size = rest.readUInt32LE(0);
            replies.push({
                kind: rest.readUInt16LE(4),
                ticket: rest.readUInt32LE(8),
                result: rest.readInt32LE(12),
                payload: rest.subarray(16, size),
            });
            rest = rest.subarray(size);
        }
    }
    return replies;
}

async function replyTo(client: DataClient, ticket: number): Promise<Reply> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
        const found = repliesOf(client).find((reply) => reply.kind === 1 && reply.ticket === ticket);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`reply: expected one with ticket ${ticket}, got ${JSON.stringify(repliesOf(client))}`);
}

const words = (...values: (bigint | number)[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 8);
    values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), index * 8));
    return bytes;
};
const contextHandle = (0x0fn << 56n) | (1n << 48n) | (1n << 32n) | 1n;

const retain = (): Buffer =>
    record({ call: callId('cuDevicePrimaryCtxRetain'), payload: words(contextHandle, 0) });
const sync = (name: string, ticket: number, payload: Buffer = Buffer.alloc(0)): Buffer =>
    record({ call: callId(name), ticket, flags: 1, context: 1, payload });

describe('the addon', () => {
    const children: AddonChild[] = [];
    const clients: DataClient[] = [];
    const make = async (changes: object = {}): Promise<AddonChild> => {
        const child = new AddonChild();
        children.push(child);
        await child.next('ready');
        child.start(changes);
        return child;
    };
    const attach = (child: AddonChild): DataClient => {
        const client = new DataClient(child.endpoint);
        clients.push(client);
        return client;
    };
    const welcomed = async (child: AddonChild): Promise<DataClient> => {
        await child.next('listening');
        const client = attach(child);
        client.hello(child.ticket);
        await child.next('attached');
        return client;
    };

    beforeAll(() => {
        if (!existsSync(addonPath)) throw new Error(`${addonPath} is missing: run npm run build -- native`);
    });
    afterEach(() => {
        clients.splice(0).forEach((client) => client.close());
        children.splice(0).forEach((child) => child.dispose());
    });

    it('describes the null device', async () => {
        const child = new AddonChild();
        children.push(child);
        await child.next('ready');
        child.child.send({ probe: ['null', ''] });
        const report = await child.next('probed');
        expect(report['name']).toBe('Ferry null device');
        expect(report['uuidBytes']).toBe(16);
        expect(report['totalMemory']).toBe(String(16n << 30n));
        expect(report['attributeCount']).toBe(148);
        child.child.send({ probe: ['nvidia', '/nowhere/libcuda.so.1'] });
        expect((await child.next('failed'))['message']).toContain('/nowhere/libcuda.so.1');
    });

    it('serves Hello, Welcome and batches to an ordinary gRPC client', async () => {
        const child = await make();
        const client = await welcomed(child);
        client.batch(
            Buffer.concat([
                retain(),
                sync('cuMemAlloc_v2', 1, words(1 << 20)),
                sync('cuMemGetInfo_v2', 2),
                sync('cuCtxSynchronize', 3),
            ]),
        );
        await child.next('wants');
        child.command('grant', 10);
        expect((await replyTo(client, 1)).result).toBe(0);
        const memory = (await replyTo(client, 2)).payload;
        expect(memory.readBigUInt64LE(8) - memory.readBigUInt64LE(0)).toBe(1n << 20n);
        expect((await replyTo(client, 3)).result).toBe(0);
        const welcome = client.frames[0]?.welcome as { snapshot: { devices: { attributes: number[] }[] } };
        expect(welcome.snapshot.devices[0]?.attributes).toHaveLength(148);

        const address = (await replyTo(client, 1)).payload.readBigUInt64LE(0);
        client.batch(sync('cuMemcpyDtoHAsync_v2', 4, words(address, 1 << 20, 0, 0)));
        expect((await replyTo(client, 4)).result).toBe(0);
        const landing = repliesOf(client).find((reply) => reply.kind === 2 && reply.ticket === 4);
        expect(landing?.payload.readBigUInt64LE(8)).toBe(1n << 20n);

        child.child.send({ meters: true });
        const values = (await child.next('meters'))['values'] as number[];
        expect(values.slice(0, 2)).toEqual([5, 2]);
        expect(values[5]).toBe(1 << 20);

        client.batch(record({ call: callId('session_detach'), ticket: 9, flags: 1 }));
        expect((await client.closed).code).toBe(0);
        expect((await child.next('ended'))['result']).toBe(0);
        expect(await new Promise((resolve) => child.child.once('exit', resolve))).toBe(0);
    });

    it('ends only this session, with a farewell, when a record is malformed', async () => {
        const child = await make();
        const client = await welcomed(child);
        client.batch(record({ call: 0xfeed }));
        child.command('grant', 10);
        expect((await client.closed).code).toBe(3);
        expect(client.frames.at(-1)?.farewell?.result).toBe(999);
        expect((await child.next('ended'))['result']).toBe(999);
        expect(await new Promise((resolve) => child.child.once('exit', resolve))).toBe(1);
    });

    it('refuses a wrong ticket and too large a message with the codes gRPC has for them', async () => {
        const child = await make();
        await child.next('listening');
        const stranger = attach(child);
        stranger.hello(Buffer.alloc(32, 6));
        expect((await stranger.closed).code).toBe(16);
        const client = attach(child);
        client.hello(child.ticket);
        await child.next('attached');
        client.sendRaw(Buffer.alloc(9 << 20));
        expect((await client.closed).code).toBe(8);
    });

    it('is not harmed by guests that lie in the shared memory', async () => {
        const neighbour = await make();
        const honest = await welcomed(neighbour);
        const seed = Number(process.env['FERRY_TEST_SEED'] ?? randomInt(2 ** 31));
        const rounds = process.env['FERRY_TEST_LONG'] === '1' ? 200 : 12;
        for (let round = 0; round < rounds; round += 1) {
            const child = await make({ driver: 'software', driverPath: softwareDriver });
            const ended = new Promise((resolve) => child.child.once('exit', (...how) => resolve(how)));
            await child.next('listening');
            child.command('grant', 10);
            runTool(join(root, 'build/engine-asan/tests/hostile_ring_test'), ['a_real_worker'], {
                ASAN_OPTIONS: 'detect_leaks=0',
                FERRY_HOSTILE_SOCKET: child.endpoint.slice('unix:'.length),
                FERRY_TEST_SEED: String(seed + round),
            });
            const { message } = await child.next('ended');
            expect(message, `FERRY_TEST_SEED=${seed + round}`).toMatch(/./);
            expect(await ended, `FERRY_TEST_SEED=${seed + round}`).toEqual([1, null]);
        }
        honest.batch(Buffer.concat([retain(), sync('cuCtxSynchronize', 3)]));
        neighbour.command('grant', 10);
        expect((await replyTo(honest, 3)).result).toBe(0);
    }, 300_000);

    it('notices that its guest has died although it waits for its turn', async () => {
        const child = await make();
        const client = await welcomed(child);
        client.batch(retain());
        await child.next('wants');
        client.close();
        expect((await child.next('ended'))['result']).toBe(999);
    });

    it('says what is wrong with an option', async () => {
        const child = await make({ socketPath: 'not/absolute' });
        expect((await child.next('ended'))['message']).toContain('absolute path');
    });
});
