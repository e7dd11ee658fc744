// Who holds the device: one session at a time, round robin, by quantum. Pure: a state, an event and a clock
// in, a new state and actions out; daemon/lease-desk.ts carries the actions out. It may not read a clock or
// touch a worker.
//
// A holder keeps the device past its quantum while nobody waits, because every change of holder costs a
// switch of GPU contexts; an idle device is never withheld. A holder that does not give it back in time
// after a revoke is reported once as overdue: only killing its worker ends an endless kernel.

export interface ArbiterLimits {
    readonly quantumMs: number;
    /** How long after a revoke the holder may take to finish what is in flight; 0 means for ever. */
    readonly revokeLimitMs: number;
}

interface Holder {
    readonly id: string;
    readonly sinceMs: number;
    /** When the revoke went out, or null while the grant stands. */
    readonly revokedMs: number | null;
    readonly overdue: boolean;
}

export interface ArbiterState {
    readonly limits: ArbiterLimits;
    readonly holder: Holder | null;
    /** In order of asking, without the holder and without repeats. */
    readonly waiting: readonly string[];
    /**
     * The holder asked again after its revoke: it goes to the end of the queue when it gives the device
     * back.
     */
    readonly holderWantsMore: boolean;
    /** Grants and revokes so far. */
    readonly decisions: number;
}

export type ArbiterEvent =
    | { readonly kind: 'wants'; readonly id: string }
    | { readonly kind: 'released'; readonly id: string }
    | { readonly kind: 'ended'; readonly id: string }
    | { readonly kind: 'tick' };

export type ArbiterAction =
    | { readonly kind: 'grant'; readonly id: string; readonly quantumMs: number }
    | { readonly kind: 'revoke'; readonly id: string }
    | { readonly kind: 'overdue'; readonly id: string };

export interface ArbiterStep {
    readonly state: ArbiterState;
    readonly actions: readonly ArbiterAction[];
}

export function createArbiter(limits: ArbiterLimits): ArbiterState {
    return { limits, holder: null, waiting: [], holderWantsMore: false, decisions: 0 };
}

/** Takes one event at `nowMs` (any monotonic clock) and answers what must happen. */
export function stepArbiter(state: ArbiterState, event: ArbiterEvent, nowMs: number): ArbiterStep {
    const next = applyEvent(state, event);
    if (next.holder === null) {
        return grantNext(next, nowMs);
    }
    return reviewHolder(next, next.holder, nowMs);
}

/** When `stepArbiter` must be called with a tick if nothing else happens; null when nothing is due. */
export function nextDeadlineMs(state: ArbiterState): number | null {
    const holder = state.holder;
    if (holder === null) {
        return null;
    }
    if (holder.revokedMs === null) {
        return state.waiting.length > 0 ? holder.sinceMs + state.limits.quantumMs : null;
    }
    if (holder.overdue || state.limits.revokeLimitMs === 0) {
        return null;
    }
    return holder.revokedMs + state.limits.revokeLimitMs;
}

function applyEvent(state: ArbiterState, event: ArbiterEvent): ArbiterState {
    switch (event.kind) {
        case 'tick':
            return state;
        case 'wants':
            return applyWants(state, event.id);
        case 'released':
            return state.holder?.id === event.id ? vacate(state, state.holderWantsMore) : state;
        case 'ended': {
            const waiting = state.waiting.filter((id) => id !== event.id);
            const left = { ...state, waiting };
            return state.holder?.id === event.id ? vacate(left, false) : left;
        }
    }
}

function applyWants(state: ArbiterState, id: string): ArbiterState {
    if (state.holder?.id === id) {
        // While the grant stands there is nothing more to give; after a revoke it is a place in the queue.
        return state.holder.revokedMs === null ? state : { ...state, holderWantsMore: true };
    }
    return state.waiting.includes(id) ? state : { ...state, waiting: [...state.waiting, id] };
}

function vacate(state: ArbiterState, rejoin: boolean): ArbiterState {
    const waiting = rejoin && state.holder !== null ? [...state.waiting, state.holder.id] : state.waiting;
    return { ...state, holder: null, holderWantsMore: false, waiting };
}

function grantNext(state: ArbiterState, nowMs: number): ArbiterStep {
    const [id, ...waiting] = state.waiting;
    if (id === undefined) {
        return { state, actions: [] };
    }
    const holder = { id, sinceMs: nowMs, revokedMs: null, overdue: false };
    return {
        state: { ...state, holder, waiting, holderWantsMore: false, decisions: state.decisions + 1 },
        actions: [{ kind: 'grant', id, quantumMs: state.limits.quantumMs }],
    };
}

function reviewHolder(state: ArbiterState, holder: Holder, nowMs: number): ArbiterStep {
    const deadlineMs = nextDeadlineMs(state);
    if (deadlineMs === null || nowMs < deadlineMs) {
        return { state, actions: [] };
    }
    if (holder.revokedMs === null) {
        return {
            state: { ...state, holder: { ...holder, revokedMs: nowMs }, decisions: state.decisions + 1 },
            actions: [{ kind: 'revoke', id: holder.id }],
        };
    }
    return {
        state: { ...state, holder: { ...holder, overdue: true } },
        actions: [{ kind: 'overdue', id: holder.id }],
    };
}
