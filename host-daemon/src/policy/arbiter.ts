// Who holds the device: one session at a time, round robin, by quantum. Pure: a state, an event and a clock
// in, a new state and actions out; daemon/lease-desk.ts carries the actions out. It may not read a clock or
// touch a worker.
//
// A holder keeps the device past its quantum while nobody waits, because every change of holder costs a
// switch of GPU contexts; an idle device is never withheld. A worker that sits in a blocking driver call
// cannot give the device back: it is passed over, so that its neighbours go on beside whatever it still
// runs, and ended only much later.

export interface ArbiterLimits {
    readonly quantumMs: number;
    /** How long after a revoke the holder may take to finish what is in flight; 0 means for ever. */
    readonly revokeLimitMs: number;
    /** How long after its revoke one that was passed over may live without an answer; 0 means for ever. */
    readonly endLimitMs: number;
}

interface Holder {
    readonly id: string;
    readonly sinceMs: number;
    /** When the revoke went out, or null while the grant stands. */
    readonly revokedMs: number | null;
    /** It asked again after its revoke: it goes to the end of the queue when it has given the device back. */
    readonly wantsMore: boolean;
}

interface Lingerer {
    readonly id: string;
    readonly revokedMs: number;
    readonly wantsMore: boolean;
    /** The action that ends it went out; it must not go out twice. */
    readonly ending: boolean;
}

export interface ArbiterState {
    readonly limits: ArbiterLimits;
    readonly holder: Holder | null;
    /** In order of asking, without the holder, the lingering and repeats. */
    readonly waiting: readonly string[];
    /** Passed over: they still owe the answer to their revoke, and get nothing before it. */
    readonly lingering: readonly Lingerer[];
    /** Grants, revokes and passings over so far. */
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
    | { readonly kind: 'passOver'; readonly id: string }
    | { readonly kind: 'end'; readonly id: string };

export interface ArbiterStep {
    readonly state: ArbiterState;
    readonly actions: readonly ArbiterAction[];
}

export function createArbiter(limits: ArbiterLimits): ArbiterState {
    return { limits, holder: null, waiting: [], lingering: [], decisions: 0 };
}

/** Takes one event at `nowMs` (any monotonic clock) and answers what must happen, in order. */
export function stepArbiter(state: ArbiterState, event: ArbiterEvent, nowMs: number): ArbiterStep {
    const heard = applyEvent(state, event);
    const reviewed = reviewHolder(heard, nowMs);
    const granted = grantNext(reviewed.state, nowMs);
    const ended = endLingering(granted.state, nowMs);
    return { state: ended.state, actions: [...reviewed.actions, ...granted.actions, ...ended.actions] };
}

/** When `stepArbiter` must be called with a tick if nothing else happens; null when nothing is due. */
export function nextDeadlineMs(state: ArbiterState): number | null {
    const holderMs = holderDeadlineMs(state);
    const { endLimitMs } = state.limits;
    const lingering = endLimitMs === 0 ? [] : state.lingering.filter((each) => !each.ending);
    const deadlines = [
        ...(holderMs === null ? [] : [holderMs]),
        ...lingering.map((each) => each.revokedMs + endLimitMs),
    ];
    return deadlines.length === 0 ? null : Math.min(...deadlines);
}

function holderDeadlineMs({ holder, waiting, limits }: ArbiterState): number | null {
    if (holder === null) {
        return null;
    }
    if (holder.revokedMs === null) {
        return waiting.length > 0 ? holder.sinceMs + limits.quantumMs : null;
    }
    return limits.revokeLimitMs === 0 ? null : holder.revokedMs + limits.revokeLimitMs;
}

function applyEvent(state: ArbiterState, event: ArbiterEvent): ArbiterState {
    switch (event.kind) {
        case 'tick':
            return state;
        case 'wants':
            return applyWants(state, event.id);
        case 'released':
            return applyReleased(state, event.id);
        case 'ended':
            return {
                ...state,
                holder: state.holder?.id === event.id ? null : state.holder,
                waiting: state.waiting.filter((id) => id !== event.id),
                lingering: state.lingering.filter((each) => each.id !== event.id),
            };
    }
}

function applyWants(state: ArbiterState, id: string): ArbiterState {
    const { holder } = state;
    if (holder?.id === id) {
        // While the grant stands there is nothing more to give; after a revoke it is a place in the queue.
        return holder.revokedMs === null ? state : { ...state, holder: { ...holder, wantsMore: true } };
    }
    if (state.lingering.some((each) => each.id === id)) {
        const lingering = state.lingering.map((each) =>
            each.id === id ? { ...each, wantsMore: true } : each,
        );
        return { ...state, lingering };
    }
    return state.waiting.includes(id) ? state : { ...state, waiting: [...state.waiting, id] };
}

function applyReleased(state: ArbiterState, id: string): ArbiterState {
    if (state.holder?.id === id) {
        const waiting = state.holder.wantsMore ? [...state.waiting, id] : state.waiting;
        return { ...state, holder: null, waiting };
    }
    const lingerer = state.lingering.find((each) => each.id === id);
    const waiting = lingerer?.wantsMore === true ? [...state.waiting, id] : state.waiting;
    return { ...state, waiting, lingering: state.lingering.filter((each) => each !== lingerer) };
}

function reviewHolder(state: ArbiterState, nowMs: number): ArbiterStep {
    const { holder } = state;
    const deadlineMs = holderDeadlineMs(state);
    if (holder === null || deadlineMs === null || nowMs < deadlineMs) {
        return { state, actions: [] };
    }
    const decisions = state.decisions + 1;
    const { id, revokedMs, wantsMore } = holder;
    if (revokedMs === null) {
        const revoked = { ...holder, revokedMs: nowMs };
        return { state: { ...state, holder: revoked, decisions }, actions: [{ kind: 'revoke', id }] };
    }
    const lingering = [...state.lingering, { id, revokedMs, wantsMore, ending: false }];
    return { state: { ...state, holder: null, lingering, decisions }, actions: [{ kind: 'passOver', id }] };
}

function grantNext(state: ArbiterState, nowMs: number): ArbiterStep {
    const [id, ...waiting] = state.waiting;
    if (state.holder !== null || id === undefined) {
        return { state, actions: [] };
    }
    const holder = { id, sinceMs: nowMs, revokedMs: null, wantsMore: false };
    return {
        state: { ...state, holder, waiting, decisions: state.decisions + 1 },
        actions: [{ kind: 'grant', id, quantumMs: state.limits.quantumMs }],
    };
}

function endLingering(state: ArbiterState, nowMs: number): ArbiterStep {
    const { endLimitMs } = state.limits;
    const isDue = (each: Lingerer) => endLimitMs > 0 && !each.ending && nowMs >= each.revokedMs + endLimitMs;
    const due = state.lingering.filter(isDue);
    if (due.length === 0) {
        return { state, actions: [] };
    }
    const lingering = state.lingering.map((each) => (isDue(each) ? { ...each, ending: true } : each));
    return { state: { ...state, lingering }, actions: due.map(({ id }) => ({ kind: 'end', id })) };
}
