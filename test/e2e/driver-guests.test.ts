// Programs of the CUDA driver API with PTX of their own, on the software device directly and through Ferry.
// They need no toolkit, so these tests run everywhere.
import { afterAll, describe, expect, it } from 'vitest';

import { buildGuests } from './guest-build.ts';
import { driverGuests } from './guest-list.ts';
import { cleanUp, describeResult, directEnvironment, runGuest, seedFor, startDaemon } from './harness.ts';

const guests = await buildGuests();
const daemon = await startDaemon();
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
    const forwarded = await runGuest(command, daemon.environment(extra));
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

        it('answers the same through rings of a page, with doorbells at random', async () => {
            await expectSame(name, sizes, {
                FERRY_RING_BYTES: '4096',
                FERRY_SEAL_RANDOM: String(seedFor(`${name} bells`)),
            });
        });

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

describe('wild_pointer', () => {
    it.each([0, 1, 2, 3])('gets the same sticky error for fault %i', async (kind) => {
        await expectSame('wild_pointer', [kind]);
    });
});
