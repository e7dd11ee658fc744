// Programs of the CUDA runtime API, statically and dynamically linked, on the software device directly and
// through Ferry: the same output, and each one's own verdict is PASS.
import { afterAll, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import { runtimeGuests } from './guest-list.ts';
import {
    cleanUp,
    describeResult,
    directEnvironment,
    runGuest,
    seedFor,
    startDaemon,
    type Result,
} from './harness.ts';

const guests = await buildGuests();
const daemon = guests.nvcc === null ? null : await startDaemon();
const seed = String(seedFor('delays of the workers'));
const slow = guests.nvcc === null ? null : await startDaemon([], { FERRY_DELAY_RANDOM: seed });
afterAll(cleanUp);

type Variant = 'static' | 'shared' | 'newer';

function linesOf(result: Result, unordered: boolean): string[] {
    const lines = result.stdout.split('\n');
    return unordered ? lines.sort() : lines;
}

const directRuns = new Map<string, Promise<Result>>();

/** The direct run of a command, made once: every way through Ferry is compared with it. */
function runDirectly(command: readonly string[]): Promise<Result> {
    const key = command.join(' ');
    const known = directRuns.get(key) ?? runGuest(command, directEnvironment());
    directRuns.set(key, known);
    return known;
}

/** Runs the program directly; it must pass. */
async function expectPass(name: string, command: readonly string[]): Promise<Result> {
    const direct = await runDirectly(command);
    expect(direct.stdout, `directly: ${describeResult(command, direct)}`).toMatch(
        new RegExp(`^PASS ${name} `, 'm'),
    );
    expect(direct.code, `directly: ${describeResult(command, direct)}`).toBe(0);
    return direct;
}

/** Runs the program directly and through Ferry; both must pass and say the same. */
async function expectSame(
    name: string,
    variant: Variant,
    extra: Readonly<Record<string, string>> = {},
    sizes: readonly number[] = [],
): Promise<void> {
    const unordered = runtimeGuests.find((guest) => guest.name === name)?.unordered === true;
    const command = [guests.runtime(name, variant), String(seedFor(name)), ...sizes.map(String)];
    const direct = await expectPass(name, command);
    const settings = Object.entries(extra).map(([key, value]) => `${key}=${value}`);
    const host = extra['FERRY_DELAY_RANDOM'] === undefined ? daemon : slow;
    const forwarded = await runGuest(command, host?.environment(extra) ?? {});
    const described = `through Ferry: ${settings.join(' ')} ${describeResult(command, forwarded)}`;
    expect(linesOf(forwarded, unordered), described).toEqual(linesOf(direct, unordered));
    expect(forwarded.code, described).toBe(0);
}

const crossing = runtimeGuests.filter(({ direct }) => direct !== true);
const staying = runtimeGuests.filter(({ direct }) => direct === true);

describe.skipIf(guests.nvcc === null).each(staying)('$name', ({ name }) => {
    it.each(['static', 'shared'] as const)('passes directly, with the %s runtime', async (kind) => {
        await expectPass(name, [guests.runtime(name, kind), String(seedFor(name))]);
    });
});

describe.skipIf(guests.nvcc === null).each(crossing)('$name', ({ name, newer, classicSizes }) => {
    it('answers through Ferry what it answers directly, with the static runtime', async () => {
        await expectSame(name, 'static');
    });

    it('answers the same with the shared runtime', async () => {
        await expectSame(name, 'shared');
    });

    it('answers the same through rings of a page, with doorbells and delays at random', async () => {
        await expectSame(name, 'static', {
            FERRY_RING_BYTES: '4096',
            FERRY_SEAL_RANDOM: String(seedFor(`${name} bells`)),
            FERRY_DELAY_RANDOM: String(seedFor(`${name} delays`)),
        });
    });

    it('answers the same over gRPC with small batches that are sealed at random', async () => {
        await expectSame(name, 'static', {
            FERRY_CARRIER: 'unix',
            FERRY_BATCH_BYTES: '4096',
            FERRY_SEAL_RANDOM: String(seedFor(`${name} seal`)),
        });
    });

    if (newer === true) {
        it('answers the same when it is built for compute_80', async () => {
            await expectSame(name, 'newer');
        });
    }

    if (classicSizes !== undefined) {
        it('answers the same when every call waits for its reply', async () => {
            await expectSame(name, 'static', { FERRY_BATCH: 'off' }, classicSizes);
        });
    }
});
