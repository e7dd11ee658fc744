// One worker process as the daemon sees it: spawned, spoken to, ended. Used by worker/pool.ts and
// daemon/device.ts. It decides nothing: what a record means is its owner's affair.
import { spawn, type ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';

import { RecordChannel } from './channel.ts';
import { parseUpRecord, type DownRecord, type UpRecord } from './messages.ts';

export interface WorkerSpec {
    /** Compiled worker/main.js. */
    readonly entry: string;
    readonly addon: string;
    readonly env: Readonly<Record<string, string>>;
}

export interface WorkerListener {
    record(record: UpRecord): void;
    /** The process is gone; called once, after its last record. */
    exited(how: string): void;
}

const stderrLimitBytes = 4096;
// From a stop, or from the worker's own last word, to SIGKILL.
const stopLimitMs = 3000;
// A worker's heap holds a few records; the addon's memory is not on it.
const nodeFlags = ['--max-old-space-size=64'];

export class WorkerProcess {
    readonly #child: ChildProcess;
    /** Null when the process could not even be made; its error event follows. */
    readonly #channel: RecordChannel | null;
    #listener: WorkerListener | null = null;
    #early: UpRecord[] = [];
    #stderr = '';
    #gone: string | null = null;
    #stopTimer: NodeJS.Timeout | null = null;

    constructor(spec: WorkerSpec) {
        this.#child = spawn(process.execPath, [...nodeFlags, spec.entry, spec.addon], {
            cwd: '/',
            env: spec.env,
            stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        });
        // Until the engine puts its own pipes there, stderr tells why a worker could not even start.
        // Without descriptors left there are no streams at all, whatever the types say.
        const streams: readonly unknown[] = this.#child.stdio ?? [];
        this.#child.stderr?.on('data', (chunk: Buffer) => {
            this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-stderrLimitBytes);
        });
        const stream = streams[3];
        const events = {
            record: (record: unknown) => this.#takeRecord(record),
            // The exit that follows says why; a worker that closed its channel but lives on is of no use.
            closed: () => this.kill(),
        };
        this.#channel = stream instanceof Duplex ? new RecordChannel(stream, events) : null;
        this.#child.on('error', (error) => this.#exited(`cannot be started: ${error.message}`));
        this.#child.on('close', (code, signal) => this.#exited(describeExit(code, signal, this.#stderr)));
    }

    get pid(): number {
        return this.#child.pid ?? 0;
    }

    /** Null while the process lives, else how it ended. */
    get gone(): string | null {
        return this.#gone;
    }

    /** The listener from now on; records that nobody has heard yet are delivered first. */
    listen(listener: WorkerListener): void {
        this.#listener = listener;
        const early = this.#early;
        this.#early = [];
        for (const record of early) {
            listener.record(record);
        }
        if (this.#gone !== null) {
            listener.exited(this.#gone);
        }
    }

    send(record: DownRecord): void {
        this.#channel?.send(record);
    }

    /** Asks the worker to end its guest with `result` (a CUresult), and kills it if that takes too long. */
    stop(result: number): void {
        this.send({ t: 'stop', result });
        this.#stopTimer ??= setTimeout(() => this.kill(), stopLimitMs);
    }

    kill(): void {
        if (this.#gone === null) {
            this.#child.kill('SIGKILL');
        }
    }

    #takeRecord(value: unknown): void {
        const record = parseUpRecord(value);
        if (record === null) {
            return;
        }
        if (this.#listener === null) {
            this.#early.push(record);
        } else {
            this.#listener.record(record);
        }
    }

    #exited(how: string): void {
        if (this.#gone !== null) {
            return;
        }
        this.#gone = how;
        if (this.#stopTimer !== null) {
            clearTimeout(this.#stopTimer);
        }
        this.#channel?.destroy();
        this.#listener?.exited(how);
    }
}

function describeExit(code: number | null, signal: string | null, stderr: string): string {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const lastLines = stderr.trim().split('\n').slice(-3).join(' | ');
    return lastLines === '' ? how : `${how}: ${lastLines}`;
}
