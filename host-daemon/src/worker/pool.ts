// Workers ready before they are needed: starting Node takes 65 ms that an Open need not wait for. Called by
// daemon/daemon.ts. A warm worker has loaded the addon but no driver, so it holds no device memory.
import { WorkerProcess, type WorkerSpec } from './process.ts';

// A worker that dies before its first use will most likely die again: wait longer each time.
const firstRetryMs = 250;
const longestRetryMs = 30_000;
const refillDelayMs = 30;

export interface PoolEvents {
    /** A warm worker died unused. */
    readonly lost: (how: string) => void;
}

export class WorkerPool {
    readonly #spec: WorkerSpec;
    readonly #warmCount: number;
    readonly #events: PoolEvents;
    readonly #warm = new Set<WorkerProcess>();
    #retryMs = firstRetryMs;
    #retryTimer: NodeJS.Timeout | null = null;
    #closed = false;

    constructor(spec: WorkerSpec, warmCount: number, events: PoolEvents) {
        this.#spec = spec;
        this.#warmCount = warmCount;
        this.#events = events;
        this.#refill();
    }

    /** A worker for one session: a warm one, else a new one. Its `listen` replaces the pool's. */
    take(): WorkerProcess {
        const worker = this.#warm.values().next().value ?? new WorkerProcess(this.#spec);
        this.#warm.delete(worker);
        // Not while the session starts: the next worker's start would take its processor.
        setTimeout(() => this.#refill(), refillDelayMs);
        return worker;
    }

    close(): void {
        this.#closed = true;
        if (this.#retryTimer !== null) {
            clearTimeout(this.#retryTimer);
        }
        for (const worker of this.#warm) {
            worker.kill();
        }
        this.#warm.clear();
    }

    #refill(): void {
        while (!this.#closed && this.#retryTimer === null && this.#warm.size < this.#warmCount) {
            this.#warmOne();
        }
    }

    #warmOne(): void {
        const worker = new WorkerProcess(this.#spec);
        this.#warm.add(worker);
        worker.listen({
            record: (record) => {
                this.#retryMs = record.t === 'ready' ? firstRetryMs : this.#retryMs;
            },
            exited: (how) => this.#lost(worker, how),
        });
    }

    #lost(worker: WorkerProcess, how: string): void {
        if (!this.#warm.delete(worker) || this.#closed) {
            return;
        }
        this.#events.lost(how);
        this.#retryTimer ??= setTimeout(() => {
            this.#retryTimer = null;
            this.#refill();
        }, this.#retryMs);
        this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
    }
}
