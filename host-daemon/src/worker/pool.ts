// Workers ready before they are needed: starting Node takes 65 ms that an Open need not wait for. Called by
// daemon/daemon.ts. A warm worker has loaded the addon but no driver, so it holds no device memory.
import { WorkerProcess, type WorkerSpec } from './process.ts';

// A worker that dies before its first use will most likely die again: wait longer each time.
const firstRetryMs = 250;
const longestRetryMs = 30_000;
// A session that has just begun keeps the processor to itself: most programs are short, and starting a worker
// takes a tenth of a second of a core. Where guests come faster than that, the next one should not wait.
const refillDelayMs = 1000;
const emptyRefillDelayMs = 30;

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
    #refillTimer: NodeJS.Timeout | null = null;
    #closed = false;

    constructor(spec: WorkerSpec, warmCount: number, events: PoolEvents) {
        this.#spec = spec;
        this.#warmCount = warmCount;
        this.#events = events;
        this.#refill();
    }

    /** A worker for one session: a warm one, else a new one. Its `listen` replaces the pool's. */
    take(): WorkerProcess {
        const warm = this.#warm.values().next().value;
        if (warm === undefined) {
            this.#refillIn(emptyRefillDelayMs);
            return new WorkerProcess(this.#spec);
        }
        this.#warm.delete(warm);
        this.#refillIn(refillDelayMs);
        return warm;
    }

    close(): void {
        this.#closed = true;
        if (this.#retryTimer !== null) {
            clearTimeout(this.#retryTimer);
        }
        if (this.#refillTimer !== null) {
            clearTimeout(this.#refillTimer);
        }
        for (const worker of this.#warm) {
            worker.kill();
        }
        this.#warm.clear();
    }

    /** Counted from the last session that began. */
    #refillIn(delayMs: number): void {
        if (this.#refillTimer !== null) {
            clearTimeout(this.#refillTimer);
        }
        this.#refillTimer = setTimeout(() => {
            this.#refillTimer = null;
            this.#refill();
        }, delayMs);
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
