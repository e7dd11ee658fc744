// One daemon per socket: the socket's folder, the lock beside the socket, and what a daemon that was killed
// left behind. Called at the daemon's start and end.
import { spawnSync } from 'node:child_process';
import {
    closeSync,
    lstatSync,
    mkdirSync,
    openSync,
    readFileSync,
    rmSync,
    ftruncateSync,
    writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { DaemonError, messageOf } from '../errors.ts';

export interface SocketLock {
    /** Folder for the workers' sockets, empty and of mode 0700. */
    readonly workerFolder: string;
    /** Removes the sockets, then gives the lock back. */
    release(): void;
}

/**
 * Takes the lock of `socket`; throws DaemonError already_running or socket_unusable. Stale sockets are
 * removed.
 */
export function lockSocket(socket: string): SocketLock {
    ensurePrivateFolder(dirname(socket));
    const descriptor = openLockFile(`${socket}.lock`);
    const workerFolder = `${socket}.d`;
    try {
        removeLeftovers(socket, workerFolder);
        mkdirSync(workerFolder, { mode: 0o700 });
    } catch (error) {
        closeSync(descriptor);
        throw new DaemonError('socket_unusable', `${socket}: ${messageOf(error)}`, error);
    }
    const release = () => {
        removeLeftovers(socket, workerFolder);
        closeSync(descriptor);
    };
    return { workerFolder, release };
}

// Whoever can reach the socket can run code on the device as us, so nobody else may enter its folder.
function ensurePrivateFolder(folder: string): void {
    try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
        throw new DaemonError(
            'socket_unusable',
            `folder ${folder} cannot be made: ${messageOf(error)}`,
            error,
        );
    }
    const found = lstatSync(folder);
    const uid = process.getuid?.() ?? 0;
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
        const mode = (found.mode & 0o777).toString(8);
        throw new DaemonError(
            'socket_unusable',
            `folder ${folder}: expected user ${uid} and mode 700, got user ${found.uid} and mode ${mode}; ` +
                'name another socket with --socket, in a folder of its own',
        );
    }
}

// flock(1) locks the open file description that this process shares with it, so the lock stays when it has
// ended and goes when this process does, however it dies. The file itself is never removed: a lock on a
// removed file locks nothing for the next one who makes it anew.
function openLockFile(path: string): number {
    const descriptor = openFile(path);
    const locked = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
        stdio: ['ignore', 'ignore', 'pipe', descriptor],
    });
    if (locked.status === 0) {
        ftruncateSync(descriptor);
        writeSync(descriptor, `${process.pid}\n`);
        return descriptor;
    }
    closeSync(descriptor);
    if (locked.error !== undefined) {
        const advice = 'flock(1) of util-linux is needed';
        throw new DaemonError('socket_unusable', `${path}: ${locked.error.message}; ${advice}`, locked.error);
    }
    if (locked.status !== 1) {
        throw new DaemonError(
            'socket_unusable',
            `${path}: flock answered ${locked.stderr.toString().trim()}`,
        );
    }
    const holder = readFileSync(path, 'utf8').trim();
    throw new DaemonError('already_running', `another daemon (pid ${holder}) holds ${path}`);
}

function openFile(path: string): number {
    try {
        return openSync(path, 'a+', 0o600);
    } catch (error) {
        throw new DaemonError('socket_unusable', `${path} cannot be opened: ${messageOf(error)}`, error);
    }
}

function removeLeftovers(socket: string, workerFolder: string): void {
    rmSync(socket, { force: true });
    rmSync(workerFolder, { recursive: true, force: true });
}
