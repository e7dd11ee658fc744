// The pure policies: arbiter and admission. The arbiter's promises are checked on thousands of random
// histories against the rules themselves, not against a second arbiter.
import { describe, expect, it } from 'vitest';

import { admit } from '../../host-daemon/src/policy/admission.ts';
import {
    createArbiter,
    nextDeadlineMs,
    stepArbiter,
    type ArbiterAction,
    type ArbiterEvent,
    type ArbiterState,
} from '../../host-daemon/src/policy/arbiter.ts';

const limits = { quantumMs: 20, revokeLimitMs: 100, endLimitMs: 1000 };

function play(events: readonly (readonly [number, ArbiterEvent])[]): {
    state: ArbiterState;
    actions: ArbiterAction[];
} {
    let state = createArbiter(limits);
    const actions: ArbiterAction[] = [];
    for (const [nowMs, event] of events) {
        const step = stepArbiter(state, event, nowMs);
        state = step.state;
        actions.push(...step.actions);
    }
    return { state, actions };
}

const wants = (id: string): ArbiterEvent => ({ kind: 'wants', id });
const released = (id: string): ArbiterEvent => ({ kind: 'released', id });
const tick: ArbiterEvent = { kind: 'tick' };

describe('arbiter', () => {
    it('grants an idle device at once', () => {
        expect(play([[0, wants('a')]]).actions).toEqual([{ kind: 'grant', id: 'a', quantumMs: 20 }]);
    });

    it('leaves the device with its holder while nobody else wants it', () => {
        const { state, actions } = play([
            [0, wants('a')],
            [10_000, tick],
            [10_000, wants('a')],
        ]);
        expect(actions).toHaveLength(1);
        expect(nextDeadlineMs(state)).toBeNull();
    });

    it('revokes at the end of the quantum when somebody waits, and not before', () => {
        const { actions } = play([
            [0, wants('a')],
            [5, wants('b')],
            [19, tick],
            [20, tick],
            [25, tick],
        ]);
        expect(actions.slice(1)).toEqual([{ kind: 'revoke', id: 'a' }]);
    });

    it('revokes at once when the quantum was over before anybody waited', () => {
        expect(
            play([
                [0, wants('a')],
                [500, wants('b')],
            ]).actions.at(-1),
        ).toEqual({ kind: 'revoke', id: 'a' });
    });

    it('puts a holder that wants more at the end of the queue', () => {
        const { actions } = play([
            [0, wants('a')],
            [1, wants('b')],
            [20, tick],
            [21, wants('a')],
            [22, released('a')],
            [23, wants('c')],
            [42, tick],
            [43, released('b')],
        ]);
        const granted = actions.filter((action) => action.kind === 'grant').map((action) => action.id);
        expect(granted).toEqual(['a', 'b', 'a']);
    });

    it('passes over a holder that does not release in time, and ends it only much later, once', () => {
        const { actions } = play([
            [0, wants('a')],
            [0, wants('b')],
            [20, tick],
            [119, tick],
            [120, tick],
            [1019, tick],
            [1020, tick],
            [5000, tick],
        ]);
        expect(actions.slice(2)).toEqual([
            { kind: 'passOver', id: 'a' },
            { kind: 'grant', id: 'b', quantumMs: 20 },
            { kind: 'end', id: 'a' },
        ]);
    });

    it('gives one that was passed over nothing before it has answered', () => {
        const { state } = play([
            [0, wants('a')],
            [0, wants('b')],
            [20, tick],
            [120, tick],
            [121, wants('a')],
            [122, released('b')],
        ]);
        expect(state.holder).toBeNull();
        const later = stepArbiter(state, released('a'), 123);
        expect(later.actions).toEqual([{ kind: 'grant', id: 'a', quantumMs: 20 }]);
        expect(later.state.lingering).toEqual([]);
    });

    it('ignores a release by anyone but the holder', () => {
        const { state } = play([
            [0, wants('a')],
            [1, wants('b')],
            [2, released('b')],
        ]);
        expect(state.holder?.id).toBe('a');
        expect(state.waiting).toEqual(['b']);
    });

    it('counts grants and revokes as decisions', () => {
        const { state } = play([
            [0, wants('a')],
            [0, wants('b')],
            [20, tick],
            [21, released('a')],
        ]);
        expect(state.decisions).toBe(3);
    });
});

// A small generator of our own (mulberry32), so that a failing seed can be replayed.
function randomOf(seed: number): (below: number) => number {
    let a = seed;
    return (below) => {
        a = (a + 0x6d2b79f5) | 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) % below;
    };
}

function randomEvent(random: (below: number) => number): ArbiterEvent {
    const id = `g${random(5)}`;
    const kinds = ['wants', 'wants', 'released', 'tick', 'tick', 'ended'] as const;
    const kind = kinds[random(kinds.length)] ?? 'tick';
    return kind === 'tick' ? tick : { kind, id };
}

// What anybody can see of an arbiter: who holds the device, and who owes it an answer.
interface Seen {
    holder: string | null;
    readonly owing: Set<string>;
}

function follow(seen: Seen, event: ArbiterEvent, actions: readonly ArbiterAction[], where: string): void {
    if (event.kind === 'released' || event.kind === 'ended') {
        seen.holder = seen.holder === event.id ? null : seen.holder;
        seen.owing.delete(event.id);
    }
    for (const action of actions) {
        if (action.kind === 'grant') {
            expect(seen.holder, where).toBeNull();
            expect(seen.owing.has(action.id), where).toBe(false);
            seen.holder = action.id;
        } else if (action.kind === 'end') {
            expect(seen.owing.has(action.id), where).toBe(true);
        } else {
            expect(action.id, where).toBe(seen.holder);
        }
        if (action.kind === 'passOver') {
            seen.owing.add(action.id);
            seen.holder = null;
        }
    }
}

describe('arbiter, on random histories', () => {
    it('never lets two hold the device, nor leaves it idle while somebody waits', () => {
        for (let seed = 1; seed <= 150; seed += 1) {
            const random = randomOf(seed);
            const seen: Seen = { holder: null, owing: new Set() };
            let state = createArbiter(limits);
            let nowMs = 0;
            for (let index = 0; index < 200; index += 1) {
                const event = randomEvent(random);
                nowMs += random(30);
                const step = stepArbiter(state, event, nowMs);
                state = step.state;
                follow(seen, event, step.actions, `seed ${seed}`);
                expect(state.holder?.id ?? null, `seed ${seed}`).toBe(seen.holder);
                expect(state.holder === null && state.waiting.length > 0, `seed ${seed}`).toBe(false);
                const places = [...state.waiting, ...state.lingering.map(({ id }) => id), seen.holder];
                expect(new Set(places).size, `seed ${seed}`).toBe(places.length);
            }
        }
    });

    it('grants every waiter within one round when holders obey and the deadline is kept', () => {
        for (let seed = 1; seed <= 200; seed += 1) {
            const count = 2 + (seed % 6);
            let state = createArbiter(limits);
            let nowMs = 0;
            const grants: string[] = [];
            const obey = (action: ArbiterAction): void => {
                if (action.kind === 'grant') {
                    grants.push(action.id);
                } else if (action.kind === 'revoke') {
                    feed(wants(action.id));
                    feed(released(action.id));
                }
            };
            const feed = (event: ArbiterEvent): void => {
                const step = stepArbiter(state, event, nowMs);
                state = step.state;
                step.actions.forEach(obey);
            };
            for (let index = 0; index < count; index += 1) {
                feed(wants(`g${index}`));
            }
            for (let round = 0; round < 3 * count; round += 1) {
                nowMs = nextDeadlineMs(state) ?? nowMs;
                feed(tick);
            }
            for (let start = 0; start + count <= grants.length; start += 1) {
                expect(new Set(grants.slice(start, start + count)).size, `seed ${seed}`).toBe(count);
            }
        }
    });
});

describe('admission', () => {
    const ours = { wireVersion: 3, specHash: 'abc' };
    const load = { draining: false, liveSessions: 0, openingSessions: 0 };
    const caps = { maxSessions: 2, maxOpening: 2 };

    it('admits a guest that speaks the same wire', () => {
        expect(admit(ours, ours, load, caps)).toEqual({ admitted: true });
        expect(admit({ ...ours, specHash: '' }, ours, load, caps)).toEqual({ admitted: true });
    });

    it.each([
        ['another wire version', { ...ours, wireVersion: 4 }, load, 'wire_mismatch'],
        ['another call table', { ...ours, specHash: 'def' }, load, 'wire_mismatch'],
        ['a daemon that drains', ours, { ...load, draining: true }, 'draining'],
        ['a full daemon', ours, { ...load, liveSessions: 2 }, 'full'],
        ['too many at the door', ours, { ...load, openingSessions: 2 }, 'full'],
    ])('refuses with %s', (_, ask, loadNow, code) => {
        expect(admit(ask, ours, loadNow, caps)).toMatchObject({ admitted: false, code });
    });

    it('names both wire versions', () => {
        const verdict = admit({ ...ours, wireVersion: 4 }, ours, load, caps);
        expect(verdict).toMatchObject({ message: expect.stringMatching(/expected 3.*got 4/) });
    });
});
