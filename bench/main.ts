// `npm run bench [-- runs]`: the demo's programs forwarded, in classic mode and directly, as one JSON line
// per program and mode. Called by host-daemon/scripts/bench.mjs. It judges nothing: numbers, with what they
// were taken on.
import { cpus } from 'node:os';

import { startPrivateDaemon } from '../host-daemon/src/cli/private-daemon.ts';
import { ControlClient } from '../host-daemon/src/control/client.ts';
import { medianRun, runGuest, type GuestRun, type Mode, type Target } from './guest-runs.ts';

export interface BenchGuest {
    readonly name: string;
    readonly command: readonly string[];
}

const modes: readonly Mode[] = ['direct', 'forwarded', 'classic'];

/** Prints a line of JSON per program and mode; false when any run failed. */
export async function runBench(
    guests: readonly BenchGuest[],
    device: string,
    runCount: number,
): Promise<boolean> {
    const daemon = await startPrivateDaemon(['--device', device, '--workers-warm', '2'], process.env);
    const client = new ControlClient(daemon.endpoint);
    try {
        const { driver, devices } = await client.listDevices();
        const cpu = cpus()[0]?.model ?? 'unknown';
        printLine({
            machine: { cpu, cores: cpus().length, node: process.version },
            driver,
            device: devices[0]?.name,
        });
        let allPassed = true;
        for (const { name, command } of guests) {
            const runs = await runInTurns({ endpoint: daemon.endpoint, driver }, command, runCount);
            for (const mode of modes) {
                allPassed = report(name, mode, runs.get(mode) ?? []) && allPassed;
            }
        }
        return allPassed;
    } finally {
        client.close();
        await daemon.stop();
    }
}

// In turns, so that a change in the machine's load falls on all modes alike.
async function runInTurns(
    target: Target,
    command: readonly string[],
    count: number,
): Promise<Map<Mode, GuestRun[]>> {
    const runs = new Map<Mode, GuestRun[]>(modes.map((mode) => [mode, []]));
    for (let index = 0; index < count; index += 1) {
        for (const mode of modes) {
            runs.get(mode)?.push(await runGuest(mode, target, command));
        }
    }
    return runs;
}

function report(name: string, mode: Mode, runs: readonly GuestRun[]): boolean {
    const median = medianRun(runs);
    const times = runs.map((run) => run.wallMs);
    const round = (value: number) => Math.round(value * 10) / 10;
    printLine({
        name,
        mode,
        passed: median.passed,
        verdict: median.verdict,
        runs: runs.length,
        medianMs: round(median.wallMs),
        minMs: round(Math.min(...times)),
        maxMs: round(Math.max(...times)),
        ...(median.stats ?? {}),
    });
    return median.passed;
}

function printLine(value: object): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
}
