// One run of one program that draws: direct, forwarded, or forwarded call by call. Used by bench/gl/main.ts.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { glPlaces, guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { startPrivateDaemon, type PrivateDaemon } from '../../host-daemon/src/cli/private-daemon.ts';
import { readStats, type GuestStats } from '../../host-daemon/src/cli/stats.ts';
import { withWorkers } from '../../host-daemon/src/cli/worker-stats.ts';
import { places } from '../../host-daemon/src/config/places.ts';
import { plainEnvironment } from '../run/host.ts';
import { framesPerSecond, frameProgram, rendererOf, type GlCase } from './cases.ts';
import { startXServer, type XServer } from './x-server.ts';

/** direct: on Mesa itself; ferry: as people run it; classic: a round trip a call, both ends asleep in it. */
export type GlMode = 'direct' | 'ferry' | 'classic';
export const glModes: readonly GlMode[] = ['direct', 'ferry', 'classic'];

export interface GlRun {
    readonly fps: number;
    /** As GL names it; null where the program does not say. */
    readonly renderer: string | null;
    /** Null for a direct run. */
    readonly stats: GuestStats | null;
}

const settleMs = 400;
const limitMs = 60_000;
// A program without an end says its speed after five seconds.
const pressEveryMs = 250;
// What programs take before they draw.
const firstFrameS = 1.5;

/** An X server and two daemons: one as people run it, one whose workers sleep, for the classic model. */
export class GlBench {
    readonly #server: XServer;
    readonly #usual: PrivateDaemon;
    readonly #asleep: PrivateDaemon;

    private constructor(server: XServer, usual: PrivateDaemon, asleep: PrivateDaemon) {
        this.#server = server;
        this.#usual = usual;
        this.#asleep = asleep;
    }

    static async start(): Promise<GlBench> {
        const flags = ['--device', 'null'];
        const server = await startXServer('1920x1200x24');
        const usual = await startPrivateDaemon(flags, plainEnvironment());
        const asleep = await startPrivateDaemon([...flags, '--workers-spin-us', '0'], plainEnvironment());
        return new GlBench(server, usual, asleep);
    }

    async stop(): Promise<void> {
        this.#server.stop();
        await this.#usual.stop();
        await this.#asleep.stop();
    }

    /** One run, start to exit; throws when it fails or says no speed. */
    async run(mode: GlMode, each: GlCase, seconds: number): Promise<GlRun> {
        const folder = mkdtempSync(join(tmpdir(), 'ferry-bench-'));
        const statsFile = join(folder, 'stats.jsonl');
        try {
            const output = await this.#spawn(each, seconds, this.#environment(mode, statsFile));
            const fps = each.silent === true ? Number.NaN : framesPerSecond(output);
            if (fps === null) {
                throw new Error(`${each.name} ${mode}: ${output.trim().split('\n').slice(-3).join(' | ')}`);
            }
            const { endpoint } = mode === 'classic' ? this.#asleep : this.#usual;
            const [stats = null] =
                mode === 'direct' ? [] : await withWorkers(readStats(statsFile), endpoint);
            // The next warm worker is being made meanwhile.
            await new Promise((resolve) => setTimeout(resolve, settleMs));
            return { fps, renderer: rendererOf(output), stats };
        } finally {
            rmSync(folder, { recursive: true, force: true });
        }
    }

    #environment(mode: GlMode, statsFile: string): Record<string, string> {
        const { __GLX_VENDOR_LIBRARY_NAME: _, ...plain } = plainEnvironment();
        const env = { ...plain, DISPLAY: this.#server.display };
        if (mode === 'direct') {
            return env;
        }
        const gl = glPlaces('vendor');
        const { endpoint } = mode === 'classic' ? this.#asleep : this.#usual;
        const guest = guestEnvironment(env, {
            shim: places.shim,
            links: places.shimLinks,
            endpoint,
            statsFile,
            ...(gl === undefined ? {} : { gl }),
        });
        return mode === 'classic'
            ? { ...guest, FERRY_CARRIER: 'unix', FERRY_BATCH: 'off', FERRY_SPIN_US: '0' }
            : guest;
    }

    #spawn(each: GlCase, seconds: number, env: Record<string, string>): Promise<string> {
        return new Promise((resolve, reject) => {
            const child = spawn(each.program, each.words(seconds), {
                env,
                stdio: ['ignore', 'pipe', 'pipe'],
                timeout: limitMs,
            });
            let output = '';
            let press: NodeJS.Timeout | null = null;
            const startToPress = () => (press ??= setInterval(() => this.#pressEscape(), pressEveryMs));
            const pressLater =
                each.silent === true ? setTimeout(startToPress, (firstFrameS + seconds) * 1000) : undefined;
            child.stdout.on('data', (chunk: Buffer) => {
                output += chunk.toString();
                if (each.endless === true && framesPerSecond(output) !== null) {
                    startToPress();
                }
            });
            child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
            child.on('error', reject);
            child.on('close', (code, signal) => {
                clearTimeout(pressLater);
                clearInterval(press ?? undefined);
                if (code === 0) {
                    resolve(output);
                } else {
                    // What Ferry says of it comes before what the program makes of it.
                    const lines = output.trim().split('\n');
                    const own = lines.filter((line) => line.startsWith('ferry'));
                    const said = [...own, ...lines.slice(-3)].join(' | ');
                    reject(new Error(`${each.name} ended with ${signal ?? code}: ${said}`));
                }
            });
        });
    }

    #pressEscape(): void {
        const env = { PATH: process.env['PATH'] ?? '', DISPLAY: this.#server.display };
        spawn(frameProgram, ['--escape'], { env, stdio: 'ignore' }).on('error', () => undefined);
    }
}
