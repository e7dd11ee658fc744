// What people see when something is missing or wrong: a clear code, one line that explains, and an end.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { places } from '../../host-daemon/src/config/places.ts';
import { buildGuests } from './guest-build.ts';
import {
    cleanUp,
    describeResult,
    directEnvironment,
    newFolder,
    plainEnvironment,
    runGuest,
    seedFor,
    startDaemon,
} from './harness.ts';

const guests = await buildGuests();
const daemon = await startDaemon();
afterAll(cleanUp);

function ferryLines(stderr: string): string[] {
    return stderr.split('\n').filter((line) => line.startsWith('ferry: '));
}

describe('without a daemon', () => {
    it('cuInit answers 100, with one line that names the endpoint', async () => {
        const socket = join(newFolder(), 'nobody.sock');
        const command = [guests.driver('module_ptx'), '1'];
        const result = await runGuest(command, daemon.environment({ FERRY_ENDPOINT: `unix:${socket}` }));
        const described = describeResult(command, result);
        expect(result.code, described).toBe(1);
        expect(result.stdout, described).toContain('cuInit(0)');
        expect(result.stdout, described).toContain('got 100');
        expect(ferryLines(result.stderr), described).toHaveLength(1);
        expect(result.stderr, described).toContain(socket);
    });

    it.skipIf(guests.nvcc === null)('a runtime program is told that there is no device', async () => {
        const command = [guests.runtime('vector_add', 'static'), '1'];
        const env = daemon.environment({ FERRY_ENDPOINT: `unix:${join(newFolder(), 'nobody.sock')}` });
        const result = await runGuest(command, env);
        expect(result.stdout, describeResult(command, result)).toContain(
            'got 100 (no CUDA-capable device is detected)',
        );
        expect(ferryLines(result.stderr), describeResult(command, result)).toHaveLength(1);
    });
});

describe.skipIf(guests.nvcc === null)('a program with machine code only', () => {
    const command = guests.nvcc === null ? [] : [guests.runtime('vector_add', 'sass'), '1'];

    it('gets cudaErrorNoKernelImageForDevice from the software device', async () => {
        const result = await runGuest(command, directEnvironment());
        expect(result.stdout, describeResult(command, result)).toContain('got 209');
    });

    it('gets the same through Ferry, with a line that explains', async () => {
        const result = await runGuest(command, daemon.environment());
        const described = describeResult(command, result);
        expect(result.code, described).toBe(1);
        expect(result.stdout, described).toContain('got 209');
        expect(result.stderr, described).toMatch(/ferry.*PTX/);
    });
});

describe('ferry run', () => {
    it('runs a program on a private daemon and answers its exit status', async () => {
        const program = [guests.driver('vector_add_driver'), String(seedFor('ferry run')), '1000'];
        const command = [process.execPath, places.cliEntry, 'run', '--device', 'software', '--', ...program];
        const result = await runGuest(command, plainEnvironment());
        expect(result.stdout, describeResult(command, result)).toMatch(/^PASS vector_add_driver /m);
        expect(result.code, describeResult(command, result)).toBe(0);
    });

    it('uses the daemon that FERRY_ENDPOINT names, and passes a failure through', async () => {
        const command = [process.execPath, places.cliEntry, 'run', '--', 'sh', '-c', 'exit 41'];
        const result = await runGuest(command, { ...plainEnvironment(), FERRY_ENDPOINT: daemon.endpoint });
        expect(result.code, describeResult(command, result)).toBe(41);
    });
});
