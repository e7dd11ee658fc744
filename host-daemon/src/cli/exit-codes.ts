// The exit statuses of `ferry`, as `ferry --help` prints them. `ferry run` answers the program's own
// status, and the shell's conventions for the rest. Used by every command; nothing else calls process.exit.
import type { ErrorCode } from '../errors.ts';

export const exitCodes = {
    ok: 0,
    failed: 1,
    usage: 2,
    unreachable: 3,
    deviceUnavailable: 4,
    alreadyRunning: 5,
    runFailed: 125,
    cannotExecute: 126,
    notFound: 127,
} as const;

export const exitCodeHelp = `
Exit status:
  0    done                             4    no usable device
  1    failed, or a check of doctor did 5    another daemon holds the socket
  2    wrong arguments or configuration 125  ferry run itself failed
  3    no daemon answers                126, 127  the program cannot be run, is not found
  ferry run answers the program's own status, 128 + n when signal n ended it.`;

const byError: Readonly<Partial<Record<ErrorCode, number>>> = {
    config_invalid: exitCodes.usage,
    usage: exitCodes.usage,
    unreachable: exitCodes.unreachable,
    device_unavailable: exitCodes.deviceUnavailable,
    addon_missing: exitCodes.deviceUnavailable,
    already_running: exitCodes.alreadyRunning,
};

export function exitCodeOf(code: ErrorCode): number {
    return byError[code] ?? exitCodes.failed;
}
