// One builder at a time: test files run in processes of their own, and each of them asks for the guests. Used
// by guest-build.ts only.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

const pollMs = 100;

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

function tryTake(path: string): boolean {
    try {
        const file = openSync(path, 'wx');
        writeSync(file, String(process.pid));
        closeSync(file);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
            throw error;
        }
        return false;
    }
}

function dropIfAbandoned(path: string): void {
    try {
        const holder = Number(readFileSync(path, 'utf8'));
        // Empty for the instant between creation and the first write; 0 would name our own process group.
        if (holder > 0 && !isAlive(holder)) {
            rmSync(path, { force: true });
        }
    } catch {
        // Released in the meantime.
    }
}

/** Runs `work` while nobody else holds the lock at `path`; a holder that died does not count. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
    while (!tryTake(path)) {
        dropIfAbandoned(path);
        await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    try {
        return await work();
    } finally {
        rmSync(path, { force: true });
    }
}
