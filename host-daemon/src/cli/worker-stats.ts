// The worker's half of `ferry run --stats`: asked of the daemon once the guests have ended, which is when a
// worker's last counters arrive.
import { ControlClient } from '../control/client.ts';
import type { SessionMessage } from '../control/messages.ts';
import type { GuestStats } from './stats.ts';

const lookCount = 20;
const lookIntervalMs = 25;

/** `stats` with the context switches of the workers, where the daemon still knows them. */
export async function withWorkers(stats: readonly GuestStats[], endpoint: string): Promise<GuestStats[]> {
    const client = new ControlClient(endpoint);
    try {
        let sessions = await endedSessions(client);
        for (let look = 1; look < lookCount && !hasAll(stats, sessions); ++look) {
            await new Promise((resolve) => setTimeout(resolve, lookIntervalMs));
            sessions = await endedSessions(client);
        }
        return stats.map((each) => ({ ...each, workerSwitches: switchesOf(sessions.get(each.pid)) }));
    } catch {
        // The daemon may have gone, or be too busy: the guest's own counters are still worth showing.
        return [...stats];
    } finally {
        client.close();
    }
}

function hasAll(stats: readonly GuestStats[], sessions: ReadonlyMap<number, SessionMessage>): boolean {
    return stats.every(({ pid }) => sessions.has(pid));
}

// By the guest's process number; of several the youngest, which stands first.
async function endedSessions(client: ControlClient): Promise<Map<number, SessionMessage>> {
    const { sessions } = await client.listSessions();
    const ended = sessions.filter(({ state }) => state === 'ended').reverse();
    return new Map(ended.map((session) => [session.guestPid, session]));
}

function switchesOf(session: SessionMessage | undefined): GuestStats['workerSwitches'] {
    if (session === undefined) {
        return null;
    }
    const { voluntarySwitches, involuntarySwitches } = session.meters;
    return { voluntary: Number(voluntarySwitches), involuntary: Number(involuntarySwitches) };
}
