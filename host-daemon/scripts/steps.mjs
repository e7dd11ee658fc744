// How every script of this folder runs a command: one progress line, the output in build/log/, its tail on
// failure. Used by build, gen, test, demo and bench. Only Node's own modules: it runs before anything is
// installed.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A step that failed in a way a person can act on; the message is all they need to see. */
export class StepError extends Error {}

export function say(line) {
    process.stdout.write(`${line}\n`);
}

/** Runs `main`, printing a StepError as one line; anything else is our own bug and keeps its stack. */
export async function runMain(main) {
    try {
        await main();
    } catch (error) {
        process.stderr.write(error instanceof StepError ? `ferry: ${error.message}\n` : `${error.stack}\n`);
        process.exitCode = 1;
    }
}

function tailOf(file, lineCount) {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lineCount).join('\n');
}

function waitFor(child) {
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : code));
    });
}

/**
 * Runs one command with its output in build/log/<name>.log; says how long it took, and while it lasts says so
 * every 20 seconds, because a silent first build of minutes looks like a hang. `tailLines`: how much of the
 * output a failure shows; none for a step that may fail. The other options are spawn's.
 */
export async function step(name, command, args, { tailLines = 60, ...options } = {}) {
    const startedMs = Date.now();
    const seconds = () => ((Date.now() - startedMs) / 1000).toFixed(1);
    mkdirSync(join(root, 'build', 'log'), { recursive: true });
    const logPath = join(root, 'build', 'log', `${name}.log`);
    const log = createWriteStream(logPath);
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const heartbeat = setInterval(() => say(`  ..    ${name} (${seconds()} s so far)`), 20_000);
    let code;
    try {
        code = await waitFor(child);
    } catch (error) {
        throw new StepError(`${name}: cannot start ${command}: ${error.message}`);
    } finally {
        clearInterval(heartbeat);
        await new Promise((resolve) => log.end(resolve));
    }
    if (code !== 0) {
        if (tailLines > 0) {
            process.stderr.write(`${tailOf(logPath, tailLines)}\n`);
        }
        throw new StepError(
            `${name} failed (${code}): ${command} ${args.join(' ')}; all output in build/log/${name}.log`,
        );
    }
    say(`  ok    ${name} (${seconds()} s)`);
}

/** True when `command` exists on PATH. */
export function hasCommand(command) {
    const found = spawnSync('sh', ['-c', `command -v "$1" >/dev/null 2>&1`, 'sh', command]);
    return found.status === 0;
}

/** Path of a program that npm installed into node_modules, run with this Node. */
export function localTool(packagePath) {
    const path = join(root, 'node_modules', packagePath);
    if (!existsSync(path)) {
        throw new StepError(`${packagePath} is not installed; run: npm ci`);
    }
    return path;
}
