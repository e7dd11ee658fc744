// Programs over links of a given rate and round trip: TCP through the native relay, which listens on another
// loopback address with the same ports as the daemon and its workers. Beside each link stands what a raw
// connection through the same relay reaches, and what the relay itself costs: it shares the machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { isJudgedLink } from '../report/goals.ts';
import type { LinkProgram, LinkResult } from '../report/results.ts';
import { runGuest } from './guest.ts';
import { plainEnvironment, programs, type BenchHost } from './host.ts';
import { looksFor, type Alone } from './looks.ts';

interface Shape {
    readonly gbit: number;
    readonly roundTripUs: number;
}

const rates = [25, 10, 1];
const roundTripsUs = [50, 1000, 30_000];
export const linkShapes: readonly Shape[] = rates.flatMap((gbit) =>
    roundTripsUs.map((roundTripUs) => ({ gbit, roundTripUs })),
);
const linkPrograms = ['training', 'launches', 'pageable-copies'] as const;
const nearHost = '127.0.0.2';
const farHost = '127.0.0.1';
const linkLimitMs = 120_000;

export interface RelayReport {
    readonly connections: number;
    readonly bytesUp: number;
    readonly bytesDown: number;
    readonly cpuSeconds: number;
    readonly wallSeconds: number;
}

export interface Relay {
    /** Ends the relay and hears what it cost. */
    stop(): Promise<RelayReport>;
}

/** Starts the relay, by the command `launcher` where one is given; throws when it does not come up. */
export async function startRelay(shape: Shape, launcher: readonly string[] = []): Promise<Relay> {
    const args = [nearHost, farHost, String(shape.gbit), String(shape.roundTripUs)];
    const [command = '', ...rest] = [...launcher, programs.relay, ...args];
    const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (!output.startsWith('ready')) {
        throw new Error(`the relay did not start: ${output}`);
    }
    return {
        stop: async () => {
            const closed = once(child, 'close');
            child.stdin.end();
            await closed;
            return JSON.parse(output.split('\n')[1] ?? '{}') as RelayReport;
        },
    };
}

export interface LinkOptions {
    readonly quick: boolean;
    readonly rounds: number;
    readonly workRounds: number;
    readonly alone: Alone;
    readonly say: (line: string) => void;
}

/** All links in turn; only where the host serves TCP. `keep` is given those so far after each. */
export async function runLinks(
    host: BenchHost,
    options: LinkOptions,
    keep: (links: readonly LinkResult[]) => void,
): Promise<void> {
    const results: LinkResult[] = [];
    const shapes = options.quick ? linkShapes.filter(({ gbit }) => gbit === 25) : linkShapes;
    for (const shape of shapes) {
        const startedMs = performance.now();
        results.push(await runLink(host, shape, options));
        keep([...results]);
        const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
        const name = `${shape.gbit} Gbit/s, ${shape.roundTripUs} us round trip`;
        options.say(`  ok    link of ${name} (${seconds} s)`);
    }
}

async function runLink(host: BenchHost, shape: Shape, options: LinkOptions): Promise<LinkResult> {
    const relay = await startRelay(shape);
    const measured = await measureLink();
    const programResults: LinkProgram[] = [];
    for (const name of linkPrograms) {
        const rounds = roundsOf(shape, options);
        programResults.push(await runProgram(host, name, { ...options, rounds }, isJudgedLink(shape)));
    }
    const { cpuSeconds, wallSeconds } = await relay.stop();
    return {
        ...shape,
        ...measured,
        programs: programResults,
        relayCpuSeconds: cpuSeconds,
        relayWallSeconds: wallSeconds,
    };
}

// The link that a goal names is measured more often: the limit is a tenth, and single rounds differ by that.
function roundsOf(shape: Shape, { rounds, quick }: LinkOptions): number {
    const usual = Math.min(rounds, 3);
    return isJudgedLink(shape) && !quick ? 2 * usual + 1 : usual;
}

async function measureLink(): Promise<Pick<LinkResult, 'measuredRoundTripUs' | 'measuredGbit'>> {
    const { results } = await runGuest({
        command: [programs.limits, 'link', nearHost, '--quick'],
        env: plainEnvironment(),
        limitMs: linkLimitMs,
    });
    const valueOf = (metric: string) => results.find((each) => each.metric === metric)?.p50 ?? 0;
    return { measuredRoundTripUs: valueOf('round trip'), measuredGbit: valueOf('bulk') * 8 };
}

// The short form, for over the slowest links the long one would take minutes; but `training` may take a tenth
// longer than directly, of which ten steps tell nothing. Looks take time, and are for what is judged.
async function runProgram(
    host: BenchHost,
    name: string,
    options: LinkOptions,
    isJudged: boolean,
): Promise<LinkProgram> {
    const isLong = name === 'training' && !options.quick;
    const looks = isLong && isJudged ? looksFor(options.alone) : [];
    const args = [...looks, ...(isLong ? [] : ['--quick']), '--rounds', String(options.workRounds)];
    const meets = isLong ? 'settled' : 'soon';
    const none = () => ({ unit: 'ms', values: [] as number[], quiet: [] as (number | null)[] });
    const found = { name, direct: none(), forwarded: none() };
    for (let round = 0; round < options.rounds; round += 1) {
        for (const carrier of ['direct', 'tcp'] as const) {
            const request = { benchmark: name, carrier, args, meets, tcpHost: nearHost } as const;
            const { results } = await host.run(request);
            const loop = results.find(({ metric }) => metric === 'loop');
            const rounds = carrier === 'direct' ? found.direct : found.forwarded;
            rounds.values.push(loop?.p50 ?? Number.NaN);
            rounds.quiet.push(loop?.quietP50 ?? null);
        }
    }
    return found;
}
