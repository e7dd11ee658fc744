// The demo: three CUDA programs through Ferry, each next to the same program directly on the same device.
// Called by `npm run demo` (host-daemon/scripts/demo.mjs) once everything is built; prints for people.
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { formatBytes } from '../host-daemon/src/cli/output.ts';
import { startPrivateDaemon } from '../host-daemon/src/cli/private-daemon.ts';
import { installRoot } from '../host-daemon/src/config/places.ts';
import { ControlClient } from '../host-daemon/src/control/client.ts';
import { medianRun, runGuest, type GuestRun, type Target } from './guest-runs.ts';

interface DemoGuest {
    readonly title: string;
    /** Program and arguments; `{png}` is replaced by where the picture goes. */
    readonly command: readonly string[];
}

const pictureName = 'mandelbrot.png';
// A program this slow is measured once: the demo shall not last minutes.
const slowMs = 4000;
const repeatCount = 5;

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

/**
 * Runs the guests on a daemon of its own; true when all of them passed. `device` as in `ferry daemon
 * --device`.
 */
export async function runDemo(guests: readonly DemoGuest[], device: string): Promise<boolean> {
    const outFolder = join(installRoot, 'out');
    mkdirSync(outFolder, { recursive: true });
    const daemon = await startPrivateDaemon(['--device', device, '--workers-warm', '2'], process.env);
    try {
        const target = await describeTarget(daemon.endpoint);
        let allPassed = true;
        for (const guest of guests) {
            allPassed = (await showGuest(guest, target, outFolder)) && allPassed;
        }
        return allPassed;
    } finally {
        await daemon.stop();
    }
}

async function describeTarget(endpoint: string): Promise<Target> {
    const client = new ControlClient(endpoint);
    try {
        const { driver, devices } = await client.listDevices();
        say(`\ndaemon ready; device: ${devices.map((each) => each.name).join(', ')} (driver: ${driver})\n`);
        return { endpoint, driver };
    } finally {
        client.close();
    }
}

async function showGuest(guest: DemoGuest, target: Target, outFolder: string): Promise<boolean> {
    const picture = join(outFolder, pictureName);
    const directPicture = join(outFolder, `direct-${pictureName}`);
    const commandWith = (path: string) => guest.command.map((word) => (word === '{png}' ? path : word));
    const forwardedRuns: GuestRun[] = [];
    const directRuns: GuestRun[] = [];
    // Taken in turns, so that a change in the machine's load falls on both alike.
    for (let index = 0; index < repeatCount; index += 1) {
        forwardedRuns.push(await runGuest('forwarded', target, commandWith(picture)));
        directRuns.push(await runGuest('direct', target, commandWith(directPicture)));
        if (Math.max(...[...forwardedRuns, ...directRuns].map((run) => run.wallMs)) > slowMs) {
            break;
        }
    }
    const [forwarded, direct] = [medianRun(forwardedRuns), medianRun(directRuns)];
    print(guest.title, forwarded, direct, target);
    const hasPicture = guest.command.includes('{png}') && forwarded.passed && direct.passed;
    const sameAnswer = !hasPicture || sameFiles(picture, directPicture);
    if (hasPicture) {
        renameSync(directPicture, join(outFolder, 'mandelbrot-direct.png'));
        const comparison = sameAnswer ? 'the same bytes as' : 'NOT the same as';
        say(`    picture   out/${pictureName}, ${comparison} the direct run's\n`);
    }
    return forwarded.passed && direct.passed && sameAnswer;
}

function sameFiles(first: string, second: string): boolean {
    return readFileSync(first).equals(readFileSync(second));
}

function print(title: string, forwarded: GuestRun, direct: GuestRun, target: Target): void {
    say(`${forwarded.passed ? 'PASS' : 'FAIL'}  ${title}: ${forwarded.verdict}`);
    const { stats } = forwarded;
    if (stats !== null) {
        const bytes = `${formatBytes(stats.bytesOut)} sent, ${formatBytes(stats.bytesIn)} received`;
        const crossings = `${stats.batches} batches, ${stats.roundTrips} blocking round trips`;
        say(`    calls     ${stats.calls} API calls, ${crossings}`);
        say(`    bytes     ${bytes}`);
    }
    const where = target.driver === 'software' ? 'the software device' : `the ${target.driver} driver`;
    if (direct.passed) {
        const ratio = (forwarded.wallMs / direct.wallMs).toFixed(2);
        const own = `${forwarded.wallMs.toFixed(0)} ms through Ferry`;
        const times = `${own}, ${direct.wallMs.toFixed(0)} ms directly on ${where}`;
        say(`    time      ${times}: ratio ${ratio} (whole process, median of runs)\n`);
    } else {
        say(`    direct    FAILED on ${where}: ${direct.verdict}\n`);
    }
}
