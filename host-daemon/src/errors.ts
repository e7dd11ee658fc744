// The one error class of the daemon and its CLI. Thrown by every file under host-daemon/src; caught at the
// edges: the control service turns a code into a gRPC status, the CLI into an exit code. It knows neither
// of them.

/** Closed list: a new way to fail is a new code here, not a new message. */
export const errorCodes = [
    'config_invalid', // a setting has a wrong value or name; the message says name, expected, actual
    'usage', // the command line cannot be understood
    'already_running', // another daemon holds the lock of this socket
    'socket_unusable', // the socket or its folder cannot be created safely
    'device_unavailable', // no driver of the wanted kind could be loaded or has a device
    'addon_missing', // build/native/ferry.node is absent or cannot be loaded
    'worker_lost', // a worker ended or could not be started
    'wire_mismatch', // the guest speaks another version of the wire
    'full', // a limit on sessions is reached
    'draining', // the daemon is stopping and admits nobody
    'no_such_session', // the id names no session
    'unreachable', // no daemon answers at the endpoint
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export class DaemonError extends Error {
    override readonly name = 'DaemonError';
    readonly code: ErrorCode;

    constructor(code: ErrorCode, message: string, cause?: unknown) {
        super(message, cause === undefined ? {} : { cause });
        this.code = code;
    }
}

/** The message of anything that was thrown, for log lines and wrapped errors. */
export function messageOf(thrown: unknown): string {
    return thrown instanceof Error ? thrown.message : String(thrown);
}
