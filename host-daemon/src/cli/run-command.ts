// `ferry run -- program args`: runs an unmodified program with the shim in place of the driver, on the
// configured daemon or on a private one that ends with it. Passes the terminal, signals and exit status
// through.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

import { places } from '../config/places.ts';
import { DaemonError } from '../errors.ts';
import { chooseEndpoint } from './endpoint.ts';
import { exitCodes } from './exit-codes.ts';
import { glPlaces, guestEnvironment, type GlWay } from './guest-environment.ts';
import { printError } from './output.ts';
import { startPrivateDaemon, type PrivateDaemon } from './private-daemon.ts';
import { canConnect } from './reach.ts';
import { formatStats, readStats } from './stats.ts';

export interface RunOptions {
    readonly endpoint?: string;
    readonly device?: string;
    readonly stats?: boolean;
    readonly json?: boolean;
    /** How OpenGL is led to us; the usual way is libglvnd's. */
    readonly gl?: GlWay;
    /** Folder for the traces of the guests, and of the workers when the daemon is a private one. */
    readonly traceFolder?: string;
}

const reachLimitMs = 1000;

/** Answers the exit status: the program's, 128 + n for signal n, or one of ours. */
export async function runProgram(
    program: string,
    args: readonly string[],
    options: RunOptions,
): Promise<number> {
    if (!existsSync(places.shim)) {
        throw new DaemonError(
            'usage',
            `the shim is not built (${places.shim}); build it with: npm run build`,
        );
    }
    const daemon = await findDaemon(options);
    const statsFolder = options.stats === true ? mkdtempSync(join(tmpdir(), 'ferry-stats-')) : null;
    try {
        const statsFile = statsFolder === null ? {} : { statsFile: join(statsFolder, 'stats.jsonl') };
        const traced = options.traceFolder === undefined ? {} : { traceFolder: options.traceFolder };
        const { endpoint } = daemon;
        const gl = glPlaces(options.gl ?? 'vendor');
        if (gl === undefined && options.gl !== undefined && options.gl !== 'off') {
            throw new DaemonError('usage', 'this build has no libraries for OpenGL; npm run build says why');
        }
        const asked = { ...statsFile, ...traced, ...(gl === undefined ? {} : { gl }) };
        const guest = { shim: places.shim, links: places.shimLinks, endpoint, ...asked };
        const code = await runGuest(program, args, guestEnvironment(process.env, guest));
        if (statsFile.statsFile !== undefined) {
            // Not with the other imports: the gRPC packages take 150 ms to load, before every program.
            const { withWorkers } = await import('./worker-stats.ts');
            const stats = await withWorkers(readStats(statsFile.statsFile), daemon.endpoint);
            (options.json === true ? [JSON.stringify(stats)] : formatStats(stats)).forEach(printError);
        }
        return code;
    } finally {
        await daemon.stop();
        if (statsFolder !== null) {
            rmSync(statsFolder, { recursive: true, force: true });
        }
    }
}

// A daemon that somebody named must be the one that is used: to fall back quietly would run the program
// elsewhere than was asked. A device on the command line always means a private daemon, because a running
// one has its own.
async function findDaemon(options: RunOptions): Promise<PrivateDaemon> {
    const { endpoint, named } = chooseEndpoint(options.endpoint, process.env);
    const stay = { endpoint, stop: () => Promise.resolve() };
    const device = options.device === undefined ? [] : ['--device', options.device];
    const trace = options.traceFolder === undefined ? [] : ['--trace-folder', options.traceFolder];
    // Only a daemon of ours can be told to have its workers traced.
    if (options.device !== undefined || (options.traceFolder !== undefined && !named)) {
        return startPrivateDaemon([...device, ...trace], process.env);
    }
    if (await canConnect(endpoint, reachLimitMs)) {
        return stay;
    }
    if (named) {
        throw new DaemonError(
            'unreachable',
            `no daemon answers at ${endpoint}; start one with: ferry daemon`,
        );
    }
    return startPrivateDaemon([], process.env);
}

const alwaysForwarded = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;
// On a terminal these already reach the program, which shares our process group; sent twice, many programs
// take the second one as "at once".
const terminalSignals = ['SIGINT', 'SIGQUIT'] as const;

interface Forwarding {
    /** Delivers what came before the program was there, and from then on at once. */
    to(child: ChildProcess): void;
    stop(): void;
}

// Set up before the program starts: it may be heard of, and we be signalled because of it, before spawn()
// has returned, and a signal without a handler would end us and leave the program behind.
function forwardSignals(): Forwarding {
    const onTerminal =
        process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true;
    const early: NodeJS.Signals[] = [];
    let deliver = (signal: NodeJS.Signals): void => void early.push(signal);
    const removers = [...alwaysForwarded, ...terminalSignals].map((signal) => {
        const fromTerminal = onTerminal && (terminalSignals as readonly string[]).includes(signal);
        const forward = () => (fromTerminal ? undefined : deliver(signal));
        process.on(signal, forward);
        return () => void process.off(signal, forward);
    });
    return {
        to: (child) => {
            deliver = (signal) => void child.kill(signal);
            early.forEach(deliver);
        },
        stop: () => removers.forEach((remove) => remove()),
    };
}

function runGuest(program: string, args: readonly string[], env: Record<string, string>): Promise<number> {
    const forwarding = forwardSignals();
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, { env, stdio: 'inherit' });
        forwarding.to(child);
        child.on('error', (error: NodeJS.ErrnoException) => {
            forwarding.stop();
            if (error.code === 'ENOENT' || error.code === 'EACCES') {
                printError(`ferry: cannot run ${program}: ${error.message}`);
                resolve(error.code === 'ENOENT' ? exitCodes.notFound : exitCodes.cannotExecute);
            } else {
                reject(error);
            }
        });
        child.on('close', (code, signal) => {
            forwarding.stop();
            resolve(signal === null ? (code ?? exitCodes.failed) : 128 + constants.signals[signal]);
        });
    });
}
