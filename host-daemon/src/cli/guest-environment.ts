// What a guest's environment must hold so that it loads the shim in place of the driver. Pure but for the
// check that the paths can be said at all. Used by `ferry run`, the demo's driver and the tests.
import type { Environment } from '../config/places.ts';
import { DaemonError } from '../errors.ts';

export interface GuestPlaces {
    readonly shim: string;
    /** Folder with libcuda.so and libcuda.so.1, both links to the shim. */
    readonly links: string;
    readonly endpoint: string;
    readonly statsFile?: string;
    readonly traceFolder?: string;
}

/**
 * A copy of `env` with the shim preloaded and first in the library path, so both ways to load libcuda lead
 * to it.
 */
export function guestEnvironment(env: Environment, places: GuestPlaces): Record<string, string> {
    for (const path of [places.shim, places.links]) {
        // The dynamic loader splits both variables at these, and has no way to quote them.
        if (/[\s:;]/.test(path)) {
            throw new DaemonError(
                'usage',
                `path of the shim: expected no blank, colon or semicolon, got ${path}`,
            );
        }
    }
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(env)) {
        if (value !== undefined) {
            kept[name] = value;
        }
    }
    kept['LD_PRELOAD'] = joinPaths(places.shim, env['LD_PRELOAD']);
    kept['LD_LIBRARY_PATH'] = joinPaths(places.links, env['LD_LIBRARY_PATH']);
    kept['FERRY_ENDPOINT'] = places.endpoint;
    if (places.statsFile !== undefined) {
        kept['FERRY_STATS_FILE'] = places.statsFile;
    }
    if (places.traceFolder !== undefined) {
        kept['FERRY_TRACE_FOLDER'] = places.traceFolder;
    }
    return kept;
}

function joinPaths(first: string, rest: string | undefined): string {
    return rest === undefined || rest === '' ? first : `${first}:${rest}`;
}
