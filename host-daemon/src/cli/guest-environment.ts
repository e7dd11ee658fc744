// What a guest's environment must hold so that it loads the shim in place of the driver. Pure but for the
// check that the paths can be said at all. Used by `ferry run`, the demo's driver and the tests.
import { existsSync } from 'node:fs';

import { places, type Environment } from '../config/places.ts';
import { DaemonError } from '../errors.ts';

/** What tells libglvnd of us, whose library is among the links; or our libGL, and a folder of names. */
export type GlPlaces =
    | { readonly way: 'vendor'; readonly egl: string }
    | { readonly way: 'preload'; readonly library: string; readonly links: string };

/** The ways of `ferry run --gl`. */
export const glWays = ['vendor', 'preload', 'off'] as const;
export type GlWay = (typeof glWays)[number];

/** Undefined: it is not wanted, or this build has no libraries for it. */
export function glPlaces(way: GlWay): GlPlaces | undefined {
    if (way === 'vendor' && existsSync(places.glVendor)) {
        return { way, egl: places.glVendorOfEgl };
    }
    if (way === 'preload' && existsSync(places.glPreload)) {
        return { way, library: places.glPreload, links: places.glLinks };
    }
    return undefined;
}

export interface GuestPlaces {
    readonly shim: string;
    /** Folder with libcuda.so and libcuda.so.1, both links to the shim. */
    readonly links: string;
    readonly endpoint: string;
    /** How OpenGL comes to us; without it it does not. */
    readonly gl?: GlPlaces;
    readonly statsFile?: string;
    readonly traceFolder?: string;
}

/**
 * A copy of `env` with the shim preloaded and first in the library path, so both ways to load libcuda lead
 * to it; with OpenGL led to us in the way asked for.
 */
export function guestEnvironment(env: Environment, guest: GuestPlaces): Record<string, string> {
    const preloaded = guest.gl?.way === 'preload' ? [guest.gl.library, guest.shim] : [guest.shim];
    const folders = guest.gl?.way === 'preload' ? [guest.links, guest.gl.links] : [guest.links];
    for (const path of [...preloaded, ...folders]) {
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
    kept['LD_PRELOAD'] = joinPaths(preloaded.join(':'), env['LD_PRELOAD']);
    kept['LD_LIBRARY_PATH'] = joinPaths(folders.join(':'), env['LD_LIBRARY_PATH']);
    kept['FERRY_ENDPOINT'] = guest.endpoint;
    if (guest.gl?.way === 'vendor') {
        kept['__GLX_VENDOR_LIBRARY_NAME'] = 'ferry';
        kept['__EGL_VENDOR_LIBRARY_FILENAMES'] = guest.gl.egl;
    }
    if (guest.statsFile !== undefined) {
        kept['FERRY_STATS_FILE'] = guest.statsFile;
    }
    if (guest.traceFolder !== undefined) {
        kept['FERRY_TRACE_FOLDER'] = guest.traceFolder;
    }
    return kept;
}

function joinPaths(first: string, rest: string | undefined): string {
    return rest === undefined || rest === '' ? first : `${first}:${rest}`;
}
