// On a machine with a GPU, from what pack.mjs has packed: the test guests natively and through Ferry, then
// the benchmarks on the same driver, the short table last. Started by run.sh. With `--native software` the
// software device stands in for NVIDIA's driver, to try all of this without a GPU.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { startPrivateDaemon } from '../../host-daemon/src/cli/private-daemon.ts';
import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import { runBench } from '../main.ts';
import { nativeEnvironment, plainEnvironment, programs } from '../run/host.ts';

const natives = ['nvidia', 'software'] as const;
type Native = (typeof natives)[number];

const seed = '20261121';
const testLimitMs = 60_000;
const testFolder = join(installRoot, 'build', 'guests');

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

interface Said {
    readonly status: number | string;
    readonly lines: readonly string[];
    readonly words: string;
}

function runTest(program: string, env: Record<string, string>): Said {
    const limits = { encoding: 'utf8', timeout: testLimitMs, killSignal: 'SIGKILL' } as const;
    const done = spawnSync(join(testFolder, program), [seed], { env, ...limits });
    const words = `${done.stdout}${done.stderr}`.trim().split('\n').slice(-2).join(' | ');
    // Sorted: blocks of a grid print in any order.
    const lines = done.stdout.split('\n').sort();
    return { status: done.signal ?? done.status ?? 'none', lines, words };
}

/**
 * Runs every packed test guest natively and through Ferry. One that does not pass natively claims something
 * of the software device only: it is named, and Ferry is not held to it. False when Ferry differs.
 */
async function runTests(native: Native): Promise<boolean> {
    const tests = existsSync(testFolder) ? readdirSync(testFolder).sort() : [];
    const daemon = await startPrivateDaemon(['--device', native], plainEnvironment());
    const { shim, shimLinks: links } = places;
    const forwarded = guestEnvironment(plainEnvironment(), { shim, links, endpoint: daemon.endpoint });
    const count = { same: 0, different: 0 };
    const notNative: string[] = [];
    try {
        for (const test of tests) {
            const direct = runTest(test, nativeEnvironment(native));
            if (direct.status !== 0) {
                notNative.push(`${test} (${direct.words})`);
                continue;
            }
            const own = runTest(test, forwarded);
            const isSame = own.status === 0 && own.lines.join('\n') === direct.lines.join('\n');
            count[isSame ? 'same' : 'different'] += 1;
            if (!isSame) {
                say(`FAIL  ${test}: natively "${direct.words}", through Ferry ${own.status} "${own.words}"`);
            }
        }
    } finally {
        await daemon.stop();
    }
    notNative.forEach((each) => say(`  --    does not pass natively: ${each}`));
    const { same, different } = count;
    say(`tests: ${same} the same as natively, ${different} not, ${notNative.length} do not pass natively`);
    return different === 0;
}

/** Why there is nothing to measure here, or null. */
function reasonToSkip(native: Native): string | null {
    const limits = { encoding: 'utf8', timeout: testLimitMs } as const;
    const done = spawnSync(programs.guest, ['startup'], { env: nativeEnvironment(native), ...limits });
    const end = `the guest ended with ${done.signal ?? done.status}`;
    return done.status === 0 ? null : done.stderr.trim() || end;
}

async function main(words: readonly string[]): Promise<number> {
    const at = words.indexOf('--native');
    const native = natives.find((each) => each === (at === -1 ? 'nvidia' : words[at + 1]));
    if (native === undefined) {
        say(`--native: expected one of ${natives.join(', ')}, got ${words[at + 1]}`);
        return 2;
    }
    const rest = at === -1 ? words : [...words.slice(0, at), ...words.slice(at + 2)];
    const reason = reasonToSkip(native);
    if (reason !== null) {
        say(`SKIPPED: there is no ${native} device here: ${reason}`);
        return 0;
    }
    const same = await runTests(native);
    const status = await runBench(['--device', native, ...rest]);
    return same ? status : 1;
}

process.exitCode = await main(process.argv.slice(2));
