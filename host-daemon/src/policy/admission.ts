// Who may open a session: decided from counts alone. Pure: values in, a verdict out. Called by the control
// service's Open through daemon/daemon.ts, which turns a refusal into a gRPC status.
import type { ErrorCode } from '../errors.ts';

export interface AdmissionLimits {
    readonly maxSessions: number;
    /**
     * Sessions whose guest has not attached yet; a small number, so a client that only opens starves
     * nobody.
     */
    readonly maxOpening: number;
}

export interface AdmissionLoad {
    readonly draining: boolean;
    readonly liveSessions: number;
    readonly openingSessions: number;
}

export interface AdmissionAsk {
    readonly wireVersion: number;
    readonly specHash: string;
}

export type AdmissionVerdict =
    | { readonly admitted: true }
    | { readonly admitted: false; readonly code: ErrorCode; readonly message: string };

/** `ours` is what this daemon speaks. A guest without a spec hash is judged by its wire version alone. */
export function admit(
    ask: AdmissionAsk,
    ours: AdmissionAsk,
    load: AdmissionLoad,
    limits: AdmissionLimits,
): AdmissionVerdict {
    if (load.draining) {
        return refuse('draining', 'the daemon is stopping and admits no new guest');
    }
    if (ask.wireVersion !== ours.wireVersion) {
        return refuse(
            'wire_mismatch',
            `wire version: expected ${ours.wireVersion}, which the daemon speaks, got ${ask.wireVersion}`,
        );
    }
    if (ask.specHash !== '' && ours.specHash !== '' && ask.specHash !== ours.specHash) {
        return refuse(
            'wire_mismatch',
            `call table: expected ${ours.specHash} (this daemon's), got ${ask.specHash}`,
        );
    }
    if (load.liveSessions >= limits.maxSessions) {
        return refuse('full', `sessions: ${load.liveSessions} of at most ${limits.maxSessions} are in use`);
    }
    if (load.openingSessions >= limits.maxOpening) {
        return refuse('full', `sessions: ${load.openingSessions} guests are being let in already, try again`);
    }
    return { admitted: true };
}

function refuse(code: ErrorCode, message: string): AdmissionVerdict {
    return { admitted: false, code, message };
}
