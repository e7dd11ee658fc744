// Carries out what the pure arbiter (policy/arbiter.ts) decides: keeps its state, its one timer, and hands
// its actions to the daemon. Called by daemon/daemon.ts only.
import {
    createArbiter,
    nextDeadlineMs,
    stepArbiter,
    type ArbiterAction,
    type ArbiterEvent,
    type ArbiterLimits,
    type ArbiterState,
} from '../policy/arbiter.ts';

export class LeaseDesk {
    #state: ArbiterState;
    #timer: NodeJS.Timeout | null = null;
    readonly #act: (action: ArbiterAction) => void;

    constructor(limits: ArbiterLimits, act: (action: ArbiterAction) => void) {
        this.#state = createArbiter(limits);
        this.#act = act;
    }

    get decisions(): number {
        return this.#state.decisions;
    }

    take(event: ArbiterEvent): void {
        const { state, actions } = stepArbiter(this.#state, event, performance.now());
        this.#state = state;
        this.#setTimer();
        for (const action of actions) {
            this.#act(action);
        }
    }

    close(): void {
        if (this.#timer !== null) {
            clearTimeout(this.#timer);
            this.#timer = null;
        }
    }

    #setTimer(): void {
        this.close();
        const dueMs = nextDeadlineMs(this.#state);
        if (dueMs !== null) {
            // Node rounds a timer down to whole milliseconds, and one that fires early would only be set
            // again.
            const delayMs = Math.max(0, Math.ceil(dueMs - performance.now()));
            this.#timer = setTimeout(() => this.take({ kind: 'tick' }), delayMs);
        }
    }
}
