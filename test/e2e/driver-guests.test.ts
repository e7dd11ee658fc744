// Programs of the CUDA driver API with PTX of their own, on the software device directly and through Ferry.
// They need no toolkit, so these tests run everywhere.
import { readFileSync } from 'node:fs';

import { afterAll, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import { driverGuests } from './guest-list.ts';
import {
    cleanUp,
    describeResult,
    directEnvironment,
    isLong,
    runGuest,
    seedFor,
    startDaemon,
} from './harness.ts';

const guests = await buildGuests();
const daemon = await startDaemon();
const slow = await startDaemon([], { FERRY_DELAY_RANDOM: String(seedFor('delays of the workers')) });
afterAll(cleanUp);

async function expectSame(
    name: string,
    sizes: readonly (number | string)[],
    extra: Readonly<Record<string, string>> = {},
): Promise<void> {
    const command = [guests.driver(name), String(seedFor(name)), ...sizes.map(String)];
    const direct = await runGuest(command, directEnvironment());
    expect(direct.stdout, `directly: ${describeResult(command, direct)}`).toMatch(
        new RegExp(`^PASS ${name} `, 'm'),
    );
    expect(direct.code, `directly: ${describeResult(command, direct)}`).toBe(0);
    const settings = Object.entries(extra).map(([key, value]) => `${key}=${value}`);
    const host = extra['FERRY_DELAY_RANDOM'] === undefined ? daemon : slow;
    const forwarded = await runGuest(command, host.environment(extra));
    const described = `through Ferry: ${settings.join(' ')} ${describeResult(command, forwarded)}`;
    expect(forwarded.stdout, described).toBe(direct.stdout);
    expect(forwarded.code, described).toBe(0);
}

describe.each(driverGuests.filter(({ tool }) => tool !== true))(
    '$name',
    ({ name, sizes = [], classicSizes }) => {
        it('answers through Ferry what it answers directly', async () => {
            await expectSame(name, sizes);
        });

        it('answers the same through rings of a page, with doorbells and delays at random', async () => {
            await expectSame(name, sizes, {
                FERRY_RING_BYTES: '4096',
                FERRY_SEAL_RANDOM: String(seedFor(`${name} bells`)),
                FERRY_DELAY_RANDOM: String(seedFor(`${name} delays`)),
            });
        });

        it.skipIf(!isLong)('answers the same with 20 other draws, on rings of all sizes', async () => {
            for (let draw = 0; draw < 20; draw += 1) {
                await expectSame(name, sizes, {
                    ...(draw % 2 === 0 ? { FERRY_RING_BYTES: String(4096 << draw % 9) } : {}),
                    ...(draw % 3 === 0 ? { FERRY_SPIN_US: '0' } : {}),
                    FERRY_DELAY_RANDOM: String(seedFor(`${name} delays ${draw}`)),
                });
            }
        }, 600_000);

        it('answers the same over gRPC with small batches that are sealed at random', async () => {
            await expectSame(name, sizes, {
                FERRY_CARRIER: 'unix',
                FERRY_BATCH_BYTES: '4096',
                FERRY_SEAL_RANDOM: String(seedFor(`${name} seal`)),
            });
        });

        if (classicSizes !== undefined) {
            it('answers the same when every call waits for its reply', async () => {
                await expectSame(name, classicSizes, { FERRY_BATCH: 'off' });
            });
        }
    },
);

describe('vector_add_driver', () => {
    it.skipIf(guests.fatbin === null)('takes a compressed fat binary that the toolkit made', async () => {
        await expectSame('vector_add_driver', [777, guests.fatbin ?? '']);
    });
});

describe('several_devices', () => {
    it('are what the daemon is set to, for each guest', async () => {
        const four = await startDaemon([], { FERRY_SOFT_DEVICES: '4' });
        const command = [guests.driver('several_devices'), String(seedFor('several_devices')), '4'];
        const direct = await runGuest(command, { ...directEnvironment(), FERRY_SOFT_DEVICES: '4' });
        expect(direct.stdout, `directly: ${describeResult(command, direct)}`).toMatch(/^PASS /m);
        const forwarded = await runGuest(command, four.environment());
        expect(forwarded.stdout, `through Ferry: ${describeResult(command, forwarded)}`).toBe(direct.stdout);
        expect(forwarded.code).toBe(0);
    });
});

describe('mapped_memory', () => {
    it('is read and written by kernels where it lies, in shared memory', async () => {
        await expectSame('mapped_memory', [3000001, 1]);
    });

    it('has addresses that the heap of a worker, which is Node, is never at', () => {
        // The first two bases of guest-shim/src/window.cc, and the end of the reservation at the second.
        const [low, high] = [0x4000_0000_0000, 0x4900_0000_0000];
        const taken = readFileSync('/proc/self/maps', 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .filter((line) => {
                const [begin = '0', end = '0'] = /^(\w+)-(\w+)/.exec(line)?.slice(1) ?? [];
                return Number(`0x${begin}`) < high && Number(`0x${end}`) > low;
            });
        expect(taken).toEqual([]);
    });
});

describe('pinned_memory', () => {
    it('is read and written in stream order by the device itself, in shared memory', async () => {
        await expectSame('pinned_memory', [2000001, 1]);
    });
});

describe('wild_pointer', () => {
    it.each([0, 1, 2, 3])('gets the same sticky error for fault %i', async (kind) => {
        await expectSame('wild_pointer', [kind]);
    });
});
