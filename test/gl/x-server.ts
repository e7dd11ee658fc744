// An X server of a test's own, and whether guests that draw in windows can be built and run here.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { installRoot, places } from '../../host-daemon/src/config/places.ts';
import { atEnd } from '../e2e/harness.ts';

function has(command: string): boolean {
    return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** What is missing; null: nothing. */
export function missingForWindows(): string | null {
    if (!existsSync(places.glVendor)) {
        return 'this build has no libraries for OpenGL';
    }
    if (!has('Xvfb') || !has('c++')) {
        return 'there is no Xvfb, or no c++';
    }
    const guest = join(installRoot, 'test', 'gl', 'guests', 'frames.cc');
    const headers = spawnSync('c++', ['-fsyntax-only', '-x', 'c++', guest]);
    return headers.status === 0 ? null : 'the headers of GL and X are not installed';
}

/** Starts an X server; answers the name of its display. */
export function startX(): Promise<string> {
    const args = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-noreset', '-nolisten', 'tcp'];
    const child = spawn('Xvfb', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    atEnd(() => void child.kill('SIGKILL'));
    return new Promise((resolve, reject) => {
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
            said += chunk.toString();
            if (said.includes('\n')) {
                resolve(`:${said.trim()}`);
            }
        });
        child.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
}
