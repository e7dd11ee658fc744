// What the tests of OpenGL share: whether they can run here, their guests' programs, X servers, environments.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect } from 'vitest';

import { hasCommand, startXServer } from '../../bench/gl/x-server.ts';
import { glPlaces, guestEnvironment } from '../../host-daemon/src/cli/guest-environment.ts';
import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import {
    atEnd,
    cleanUp,
    newFolder,
    plainEnvironment,
    startDaemon,
    type DaemonHandle,
} from '../e2e/harness.ts';

export type How = 'vendor' | 'preload';

const guests = join(installRoot, 'test', 'gl', 'guests');

/** Why these guests cannot be built or run here; said aloud. Null: they can. */
export function missing(tests: string, sources: readonly string[]): string | null {
    const reason = whyNot(sources);
    if (reason !== null) {
        process.stdout.write(`skipped: ${tests}: ${reason}\n`);
    }
    return reason;
}

function whyNot(sources: readonly string[]): string | null {
    if (!existsSync(places.glVendor)) {
        return 'this build has no libraries for OpenGL';
    }
    if (!hasCommand('Xvfb') || !hasCommand('c++')) {
        return 'there is no Xvfb, or no c++';
    }
    const paths = sources.map((source) => join(guests, `${source}.cc`));
    const headers = spawnSync('c++', ['-std=c++20', '-fsyntax-only', ...paths]);
    return headers.status === 0 ? null : 'the headers of GL, EGL and X are not installed';
}

/** Builds a guest that comes to its functions in that way (guests/calls.h); answers its path. */
export function buildGuest(folder: string, name: string, way: number, libraries: readonly string[]): string {
    const program = join(folder, `${name}${way}`);
    const source = join(guests, `${name}.cc`);
    const args = ['-std=c++20', `-DWAY=${way}`, '-o', program, source, ...libraries, '-ldl', '-pthread'];
    const built = spawnSync('c++', args, { encoding: 'utf8' });
    expect(built.stderr).toBe('');
    return program;
}

/** Starts an X server that ends with the test; answers the name of its display. */
export async function startX(): Promise<string> {
    const server = await startXServer('1280x1024x24');
    atEnd(server.stop);
    return server.display;
}

/** What the tests of a file share, from before the first of them until after the last. */
export interface Stage {
    daemon: DaemonHandle;
    /** The name of an X server's display. */
    display: string;
    folder: string;
}

/** Has a stage made for the tests that are being described; `prepare` builds their guests into its folder. */
export function setStage(prepare: (folder: string) => void): Stage {
    // The rest is there before the first test is.
    const stage = { display: '' } as Stage;
    beforeAll(async () => {
        stage.daemon = await startDaemon();
        stage.display = await startX();
        stage.folder = newFolder();
        prepare(stage.folder);
    }, 120_000);
    afterAll(cleanUp);
    return stage;
}

/** The environment of a guest of that daemon; without a display when that is empty. */
export function glEnvironment(
    { daemon, display }: Pick<Stage, 'daemon' | 'display'>,
    how: How,
    statsFile: string,
): Record<string, string> {
    const gl = glPlaces(how);
    const { shim, shimLinks: links } = places;
    const guest = { shim, links, endpoint: daemon.endpoint, statsFile, ...(gl === undefined ? {} : { gl }) };
    const kept = guestEnvironment(withoutDisplay(), guest);
    return display === '' ? kept : { ...kept, DISPLAY: display };
}

/** The environment of a program that draws there directly, on the system's own OpenGL. */
export function directEnvironment({ display }: Pick<Stage, 'display'>): Record<string, string> {
    return { ...withoutDisplay(), DISPLAY: display };
}

/** The same without a display. */
export function withoutDisplay(): Record<string, string> {
    const kept: Record<string, string> = { ...plainEnvironment() };
    delete kept['DISPLAY'];
    return kept;
}
