// What every kind of test needs: folders that go away, ends that come whatever happens, and waiting for
// something to hold.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cleanups: (() => void | Promise<void>)[] = [];

export function atEnd(clean: () => void | Promise<void>): void {
    cleanups.push(clean);
}

/** Ends everything that was started, the newest first; to be called in afterEach or afterAll. */
export async function cleanUp(): Promise<void> {
    for (const clean of cleanups.splice(0).reverse()) {
        await clean();
    }
}

export function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-test-'));
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** Waits until `holds` answers true; fails, naming `what`, when it does not for `limitMs`. */
export async function until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    limitMs = 60_000,
): Promise<void> {
    const deadlineMs = Date.now() + limitMs;
    while (!(await holds())) {
        if (Date.now() > deadlineMs) {
            throw new Error(`not within ${limitMs} ms: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
}
