// The worker's half of `ferry trace`: memory into which the engine writes spans (native/src/engine/trace.h),
// and a file of msgpackr records into which they go from there. Used by worker/main.ts; read by
// cli/trace-file.ts. Spans that the engine overwrote before they were read are counted, not guessed.
import { closeSync, openSync, writeSync } from 'node:fs';

import { frameOf } from './channel.ts';

const headSize = 64;
const eventSize = 32;
const eventCount = 1 << 17;
const intervalMs = 20;

export interface TraceChunk {
    readonly t: 'trace';
    readonly workerPid: number;
    readonly guestPid: number;
    /** Events as proto/wire/trace.h draws them. */
    readonly events: Uint8Array;
    /** Spans lost before these. */
    readonly lost: number;
}

export class TraceWriter {
    readonly memory = Buffer.from(new ArrayBuffer(headSize + eventCount * eventSize));
    guestPid = 0;
    readonly #written: BigUint64Array;
    readonly #file: number;
    readonly #timer: NodeJS.Timeout;
    #read = 0;

    constructor(path: string) {
        this.#written = new BigUint64Array(this.memory.buffer, 0, 1);
        this.#file = openSync(path, 'w', 0o600);
        this.#timer = setInterval(() => this.#drain(), intervalMs);
    }

    /** Writes what is left. */
    close(): void {
        clearInterval(this.#timer);
        this.#drain();
        closeSync(this.#file);
    }

    #drain(): void {
        const end = Number(Atomics.load(this.#written, 0));
        const from = Math.max(this.#read, end - eventCount);
        const copy = this.#copy(from, end);
        // What the engine has begun to overwrite since is not to be trusted.
        const after = Number(Atomics.load(this.#written, 0));
        const safe = Math.min(Math.max(from, after + 1 - eventCount), end);
        const events = copy.subarray((safe - from) * eventSize);
        const lost = safe - this.#read;
        this.#read = end;
        if (events.length > 0 || lost > 0) {
            const chunk: TraceChunk = {
                t: 'trace',
                workerPid: process.pid,
                guestPid: this.guestPid,
                events,
                lost,
            };
            writeSync(this.#file, frameOf(chunk));
        }
    }

    #copy(from: number, end: number): Buffer {
        const copy = Buffer.allocUnsafe((end - from) * eventSize);
        for (let number = from; number < end; ) {
            const slot = number % eventCount;
            const count = Math.min(end - number, eventCount - slot);
            const start = headSize + slot * eventSize;
            this.memory.copy(copy, (number - from) * eventSize, start, start + count * eventSize);
            number += count;
        }
        return copy;
    }
}
