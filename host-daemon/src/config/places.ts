// Where things are on this machine: the repository's build products, the default socket, configuration
// files. Reads the environment it is given and the file system; used by config/load.ts, the CLI and the
// daemon.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Environment = Readonly<Record<string, string | undefined>>;

function findRoot(): string {
    let folder = dirname(fileURLToPath(import.meta.url));
    // Compiled code lives in build/js/..., sources in host-daemon/...: the package's own folder is above
    // both.
    while (!existsSync(join(folder, 'proto', 'ferry.proto')) && folder !== dirname(folder)) {
        folder = dirname(folder);
    }
    return folder;
}

/** Folder that holds package.json, proto/ and build/. */
export const installRoot = findRoot();

export const places = {
    proto: join(installRoot, 'proto', 'ferry.proto'),
    addon: join(installRoot, 'build', 'native', 'ferry.node'),
    softwareDriver: join(installRoot, 'build', 'soft', 'libcuda-soft.so'),
    shim: join(installRoot, 'build', 'guest', 'libferry.so'),
    shimLinks: join(installRoot, 'build', 'guest', 'links'),
    /** What libglvnd loads for OpenGL, by the name under which it looks for it. */
    glVendor: join(installRoot, 'build', 'guest', 'links', 'libGLX_ferry.so.0'),
    /** What tells libglvnd's libEGL of the same library. */
    glVendorOfEgl: join(installRoot, 'build', 'guest', 'ferry-egl.json'),
    /** What stands in for libGL and libEGL themselves, and a folder with their names. */
    glPreload: join(installRoot, 'build', 'guest', 'libferry-gl-preload.so'),
    glLinks: join(installRoot, 'build', 'guest', 'gl-links'),
    workerEntry: join(installRoot, 'build', 'js', 'host-daemon', 'src', 'worker', 'main.js'),
    cliEntry: join(installRoot, 'build', 'js', 'host-daemon', 'src', 'cli', 'main.js'),
} as const;

export function readVersion(): string {
    const parsed: unknown = JSON.parse(readFileSync(join(installRoot, 'package.json'), 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) {
        return String(parsed.version);
    }
    return '0.0.0';
}

/** The same two places, in the same order, where the shim looks when FERRY_ENDPOINT is not set. */
export function defaultSocket(env: Environment): string {
    const runtimeFolder = env['XDG_RUNTIME_DIR'];
    return join(
        runtimeFolder !== undefined && runtimeFolder !== '' ? runtimeFolder : '/run',
        'ferry',
        'ferry.sock',
    );
}

/** Configuration files that are read when none is named, the first that exists. */
export function configFileCandidates(env: Environment): string[] {
    const home =
        env['XDG_CONFIG_HOME'] ?? (env['HOME'] === undefined ? undefined : join(env['HOME'], '.config'));
    const own = home === undefined ? [] : [join(home, 'ferry', 'ferry.toml')];
    return [...own, '/etc/ferry/ferry.toml'];
}

/** `unix:/path` as a path, or null when the endpoint is of another kind. */
export function socketOfEndpoint(endpoint: string): string | null {
    return endpoint.startsWith('unix:') && endpoint.length > 'unix:'.length
        ? resolve(endpoint.slice('unix:'.length))
        : null;
}

export function endpointOfSocket(socket: string): string {
    return `unix:${socket}`;
}
