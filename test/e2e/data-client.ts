// A client of the data stream that is not the shim: @grpc/grpc-js, frames and records made by hand, as wrong
// as a test wants them. Proves too that the native server speaks gRPC to any client. Used by hostile-
// client.test.ts.
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

import { places } from '../../host-daemon/src/config/places.ts';
import { callNames, specHash, wireVersion } from '../../host-daemon/src/generated/wire.ts';
import { until, type DaemonHandle } from './harness.ts';

const { root } = protobuf.parse(readFileSync(places.proto, 'utf8'));
const guestFrame = root.lookupType('ferry.v1.GuestFrame');
const hostFrame = root.lookupType('ferry.v1.HostFrame');

/** Decoded, 64-bit numbers as text; fields that are absent are absent. */
export interface HostFrame {
    readonly welcome?: { readonly result?: number; readonly message?: string; readonly snapshot?: object };
    readonly batch?: { readonly sequence?: string; readonly records?: Buffer };
    readonly farewell?: { readonly result?: number; readonly message?: string };
}

export interface Opened {
    readonly sessionId: string;
    readonly endpoint: string;
    readonly ticket: Uint8Array;
}

export async function openSession(daemon: DaemonHandle): Promise<Opened> {
    return daemon.client.open({ wireVersion, version: '0', specHash, pid: process.pid, program: 'hostile' });
}

export function callId(name: string): number {
    const found = Object.entries(callNames).find(([, each]) => each === name);
    if (found === undefined) {
        throw new Error(`call: expected one of the table, got ${name}`);
    }
    return Number(found[0]);
}

export interface RecordFields {
    readonly call: number;
    readonly payload?: Uint8Array;
    readonly flags?: number;
    readonly ticket?: number;
    readonly thread?: number;
    readonly context?: number;
    /** What the header claims; by default the truth. */
    readonly size?: number;
}

/** A record as in proto/wire/record.h: a header of 16 bytes and the payload, padded to a multiple of 8. */
export function record(fields: RecordFields): Buffer {
    const payload = fields.payload ?? new Uint8Array(0);
    const bytes = Buffer.alloc(16 + Math.ceil(payload.length / 8) * 8);
    bytes.writeUInt32LE((fields.size ?? bytes.length) >>> 0, 0);
    bytes.writeUInt16LE(fields.call, 4);
    bytes.writeUInt16LE(fields.flags ?? 0, 6);
    bytes.writeUInt32LE(fields.ticket ?? 0, 8);
    bytes.writeUInt16LE(fields.thread ?? 1, 12);
    bytes.writeUInt16LE(fields.context ?? 0, 14);
    bytes.set(payload, 16);
    return bytes;
}

/** One Attach stream. Everything it receives is kept; `closed` answers how it ended. */
export class DataClient {
    readonly frames: HostFrame[] = [];
    readonly closed: Promise<grpc.StatusObject>;
    readonly #client: grpc.Client;
    readonly #stream: grpc.ClientDuplexStream<Uint8Array, HostFrame>;
    #sequence = 0;
    #ended = false;

    constructor(endpoint: string) {
        this.#client = new grpc.Client(endpoint, grpc.credentials.createInsecure(), {
            'grpc.max_send_message_length': -1,
            'grpc.max_receive_message_length': -1,
        });
        const decode = (bytes: Buffer) =>
            hostFrame.toObject(hostFrame.decode(bytes), { longs: String }) as HostFrame;
        const path = '/ferry.v1.Data/Attach';
        this.#stream = this.#client.makeBidiStreamRequest(
            path,
            (bytes: Uint8Array) => Buffer.from(bytes),
            decode,
        );
        this.closed = new Promise((resolve) => {
            this.#stream.on('status', (status) => {
                this.#ended = true;
                resolve(status);
            });
        });
        this.#stream.on('data', (frame: HostFrame) => this.frames.push(frame));
        // Every way to end shows in the status; without a listener an error would end the test process.
        this.#stream.on('error', () => undefined);
    }

    get hasEnded(): boolean {
        return this.#ended;
    }

    /** Any bytes as one gRPC message. */
    sendRaw(bytes: Uint8Array): void {
        this.#stream.write(bytes);
    }

    sendFrame(frame: object): void {
        this.sendRaw(guestFrame.encode(guestFrame.fromObject(frame)).finish());
    }

    hello(ticket: Uint8Array, changes: object = {}): void {
        this.sendFrame({ hello: { wireVersion, specHash, ticket, ...changes } });
    }

    batch(records: Uint8Array, changes: object = {}): void {
        this.#sequence += 1;
        this.sendFrame({ batch: { sequence: this.#sequence, acknowledged: 0, records, ...changes } });
    }

    /** Says hello and waits for a good welcome. */
    async attach(ticket: Uint8Array): Promise<void> {
        this.hello(ticket);
        await until('the worker says welcome', () => this.frames.length > 0 || this.#ended);
        const result = this.frames[0]?.welcome?.result ?? 0;
        if (this.frames[0]?.welcome === undefined || result !== 0) {
            throw new Error(`welcome: expected one, got ${JSON.stringify(this.frames[0])}`);
        }
    }

    /** Ends our half, as a client does that is done. */
    end(): void {
        this.#stream.end();
    }

    close(): void {
        this.#stream.cancel();
        this.#client.close();
    }
}
