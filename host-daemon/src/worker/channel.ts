// The record channel between the daemon and a worker, on the worker's descriptor 3. Both ends use this
// file; it knows frames and nothing of what they mean (worker/messages.ts does).
//
//   0 u32 length, little-endian, of what follows
//   4 one msgpackr value
import type { Duplex } from 'node:stream';
import { Packr } from 'msgpackr';

// A probe of many devices is the longest record and far below this; more is a broken peer, not a long record.
const recordLimitBytes = 1 << 20;
const headerSize = 4;

// Plain maps, not msgpackr's shared record structures: a record must not depend on those before it.
const packr = new Packr({ useRecords: false });

export interface ChannelEvents {
    readonly record: (record: unknown) => void;
    /** The other end is gone, or sent what is no record; called once. */
    readonly closed: (reason: string) => void;
}

export class RecordChannel {
    readonly #stream: Duplex;
    readonly #events: ChannelEvents;
    #pending: Buffer = Buffer.alloc(0);
    #closed = false;

    constructor(stream: Duplex, events: ChannelEvents) {
        this.#stream = stream;
        this.#events = events;
        stream.on('data', (chunk: Buffer) => this.#take(chunk));
        stream.on('end', () => this.#close('end of stream'));
        stream.on('close', () => this.#close('closed'));
        stream.on('error', (error: Error) => this.#close(error.message));
    }

    /** Sends one record; silently nothing once the channel is closed, because the close was reported. */
    send(record: unknown): void {
        if (!this.#closed && this.#stream.writable) {
            this.#stream.write(frameOf(record));
        }
    }

    /** Sends one last record and answers when the bytes are with the kernel. */
    async sendLast(record: unknown): Promise<void> {
        if (this.#closed || !this.#stream.writable) {
            return;
        }
        await new Promise<void>((resolve) => this.#stream.write(frameOf(record), () => resolve()));
    }

    destroy(): void {
        this.#closed = true;
        this.#stream.destroy();
    }

    #take(chunk: Buffer): void {
        this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
        while (!this.#closed && this.#pending.length >= headerSize) {
            const length = this.#pending.readUInt32LE(0);
            if (length > recordLimitBytes) {
                this.#fail(`a record of ${length} bytes, at most ${recordLimitBytes} expected`);
                return;
            }
            if (this.#pending.length < headerSize + length) {
                return;
            }
            const body = this.#pending.subarray(headerSize, headerSize + length);
            this.#pending = this.#pending.subarray(headerSize + length);
            this.#deliver(body);
        }
    }

    #deliver(body: Buffer): void {
        let record: unknown;
        try {
            record = packr.unpack(body);
        } catch (error) {
            this.#fail(`a record that cannot be unpacked: ${String(error)}`);
            return;
        }
        this.#events.record(record);
    }

    #fail(reason: string): void {
        this.#close(reason);
        this.#stream.destroy();
    }

    #close(reason: string): void {
        if (!this.#closed) {
            this.#closed = true;
            this.#events.closed(reason);
        }
    }
}

/** A record as it travels, length first. */
export function frameOf(record: unknown): Buffer {
    const body = packr.pack(record);
    const header = Buffer.alloc(headerSize);
    header.writeUInt32LE(body.length, 0);
    return Buffer.concat([header, body]);
}
