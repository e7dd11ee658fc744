// An X server without a screen, Xvfb, for programs that draw in windows. Used by the benchmark of OpenGL and
// by its tests.
import { spawn, spawnSync } from 'node:child_process';

export interface XServer {
    /** As DISPLAY names it. */
    readonly display: string;
    stop(): void;
}

/** Whether a command is installed. */
export function hasCommand(name: string): boolean {
    return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Starts one on a display that is free; it stays when its last client leaves. */
export function startXServer(screen: string): Promise<XServer> {
    const args = ['-displayfd', '1', '-screen', '0', screen, '-noreset', '-nolisten', 'tcp'];
    const child = spawn('Xvfb', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const stop = () => void child.kill('SIGKILL');
    return new Promise((resolve, reject) => {
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
            said += chunk.toString();
            if (said.includes('\n')) {
                resolve({ display: `:${said.trim()}`, stop });
            }
        });
        child.on('error', reject);
        child.on('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
}
