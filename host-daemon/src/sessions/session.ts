// One guest process's stay, as a state machine of plain values: which event leads from which state to
// which. daemon/daemon.ts feeds it and does what follows; this file starts no worker, sends nothing and
// reads no clock.
//
//   opening --attached--> attached --drain--> draining --ended--> ended
//   opening, attached, draining --ended--> ended      (ended is final, its first reason stays)

export type SessionState = 'opening' | 'attached' | 'draining' | 'ended';

export interface SessionRecord {
    readonly id: string;
    readonly program: string;
    /** What the guest calls itself until the worker has asked the kernel. */
    readonly guestPid: number;
    readonly guestUid: number | null;
    readonly workerPid: number;
    readonly state: SessionState;
    readonly startedUnixMs: number;
    readonly endedUnixMs: number | null;
    readonly endReason: string | null;
}

export type SessionEvent =
    | { readonly kind: 'attached'; readonly pid: number; readonly uid: number | null }
    | { readonly kind: 'drain' }
    | { readonly kind: 'ended'; readonly reason: string };

export interface NewSession {
    readonly id: string;
    readonly program: string;
    readonly guestPid: number;
    readonly workerPid: number;
}

export function openSession(asked: NewSession, nowUnixMs: number): SessionRecord {
    return {
        ...asked,
        guestUid: null,
        state: 'opening',
        startedUnixMs: nowUnixMs,
        endedUnixMs: null,
        endReason: null,
    };
}

/** The session after `event`; the same object when the event changes nothing in this state. */
export function stepSession(session: SessionRecord, event: SessionEvent, nowUnixMs: number): SessionRecord {
    if (session.state === 'ended') {
        return session;
    }
    switch (event.kind) {
        case 'attached':
            return session.state === 'opening'
                ? { ...session, state: 'attached', guestPid: event.pid, guestUid: event.uid }
                : session;
        case 'drain':
            return session.state === 'draining' ? session : { ...session, state: 'draining' };
        case 'ended':
            return { ...session, state: 'ended', endedUnixMs: nowUnixMs, endReason: event.reason };
    }
}
