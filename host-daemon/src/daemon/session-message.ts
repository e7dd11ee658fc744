// One session as the control service shows it. Pure. Apart from daemon.ts so that a field added to the
// proto file has one place to be filled in.
import type { MetersMessage, SessionMessage } from '../control/messages.ts';
import type { SessionRecord } from '../sessions/session.ts';
import { meterNames, type Meters } from '../telemetry/meters.ts';

export function sessionMessage(record: SessionRecord, meters: Meters): SessionMessage {
    const texts = Object.fromEntries(meterNames.map((name) => [name, String(meters[name])]));
    return {
        sessionId: record.id,
        guestPid: Math.max(0, record.guestPid),
        program: record.program,
        state: record.state,
        workerPid: record.workerPid,
        startedUnixMs: String(record.startedUnixMs),
        // SAFETY: one text per meter name, and the message has exactly the meters' names.
        meters: texts as unknown as MetersMessage,
    };
}
