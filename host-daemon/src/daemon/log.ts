// The daemon's log: pino, as JSON lines or as text for a terminal, always on stderr. Everything under
// host-daemon logs through the Log type; nothing else writes to stderr while a daemon runs.
import { pino, type Logger } from 'pino';

import type { Config } from '../config/settings.ts';

export type Log = Logger;

const levelNames = new Map([
    [20, 'debug'],
    [30, 'info '],
    [40, 'warn '],
    [50, 'error'],
    [60, 'fatal'],
]);
const ownFields = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

export function createLog(level: Config['log.level'], format: Config['log.format']): Log {
    const asText = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
    // Synchronous: the last line before a crash is the one that matters, and a daemon logs events, not calls.
    const json = pino.destination({ fd: 2, sync: true });
    // Whoever read the log may go away; the guests must not suffer for it.
    json.on('error', () => undefined);
    const destination = asText ? { write: (line: string) => json.write(textOfLine(line)) } : json;
    return pino({ level, base: { pid: process.pid } }, destination);
}

/** One JSON log line as `12:34:56 info  message  key=value`. */
export function textOfLine(line: string): string {
    const fields = JSON.parse(line) as Record<string, unknown>;
    const time = new Date(Number(fields['time'])).toTimeString().slice(0, 8);
    const level = levelNames.get(Number(fields['level'])) ?? String(fields['level']);
    const rest = Object.entries(fields)
        .filter(([name]) => !ownFields.has(name))
        .map(([name, value]) => `  ${name}=${JSON.stringify(value)}`);
    return `${time} ${level} ${String(fields['msg'] ?? '')}${rest.join('')}\n`;
}
