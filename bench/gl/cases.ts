// What the benchmark of OpenGL runs, and what is wished of each: programs as distributions package them, and
// one of ours. Pure.
import { join } from 'node:path';

import { installRoot } from '../../host-daemon/src/config/places.ts';

export interface GlCase {
    readonly name: string;
    /** A command that must be installed. */
    readonly program: string;
    /** The arguments of a run of so many seconds. */
    readonly words: (seconds: number) => readonly string[];
    /** Runs until it is told to end, by the Escape key. */
    readonly endless?: true;
    /** Does not say how fast it is: it is run by Ferry alone, and counted. */
    readonly silent?: true;
    /** The call that ends a frame; without it glXSwapBuffers. */
    readonly frame?: string;
    /** Of the frames a second of direct rendering: what counts as reached, and what is hoped for. */
    readonly wanted?: readonly [number, number];
    /** Of the seventeen scenes whose geometric mean is reported. */
    readonly isScene?: boolean;
}

/** Ours: frames in a window, and the Escape key for others. */
export const frameProgram = join(installRoot, 'build', 'bench', 'ferry-bench-gl');

// Fifty atoms with a label each: the program's own choice of a molecule is another in each run.
const molecule = join(installRoot, 'bench', 'gl', 'hexadecane.pdb');

const wantedOf: Readonly<Record<string, readonly [number, number]>> = {
    build: [0.4, 0.5],
    ideas: [0.5, 0.5],
    desktop: [0.85, 0.95],
    refract: [0.9, 0.9],
    buffer: [0.4, 0.4],
};

const sceneNames =
    'buffer build bump clear conditionals desktop effect2d function ideas jellyfish loop pulsar refract ' +
    'shading shadow terrain texture';

function sceneCase(name: string, scene: string, extra: Partial<GlCase>): GlCase {
    return {
        name: `glmark2 ${name}`,
        program: 'glmark2',
        words: (seconds) => ['--size', '800x600', '-b', `${scene}:duration=${seconds}`],
        ...extra,
    };
}

const scenes = sceneNames.split(' ').map((name) => {
    const wanted = wantedOf[name];
    return sceneCase(name, name, { isScene: true, ...(wanted === undefined ? {} : { wanted }) });
});

export const glCases: readonly GlCase[] = [
    ...scenes,
    sceneCase('buffer, subdata', 'buffer:update-method=subdata', { wanted: [0.5, 0.5] }),
    sceneCase('build, client arrays', 'build:use-vbo=false', { wanted: [0.4, 0.4] }),
    {
        name: 'glxgears 800x600',
        program: 'glxgears',
        words: () => ['-geometry', '800x600'],
        endless: true,
        wanted: [0.5, 0.6],
    },
    {
        name: 'clear and swap, 1920x1080',
        program: frameProgram,
        words: (seconds) => ['1920', '1080', String(seconds)],
    },
    {
        name: 'draw and read back, 256x256',
        program: frameProgram,
        words: (seconds) => ['--read', '256', '256', String(seconds)],
        frame: 'glReadPixels',
    },
    {
        name: 'xscreensaver molecule',
        program: '/usr/libexec/xscreensaver/molecule',
        words: () => ['--window', '--geometry', '640x480', '--molecule', molecule],
        endless: true,
        silent: true,
        frame: 'eglSwapBuffers',
    },
];

/** The mean of the scenes: what counts as reached, and what is hoped for. */
export const wantedMean = [0.6, 0.75] as const;
/** Frames a second of 1920x1080 that count as reached. */
export const wantedFrames = 200;

/** Frames a second as one of the programs prints them; null where it has not. */
export function framesPerSecond(output: string): number | null {
    const found = /FPS: ([0-9.]+)/.exec(output) ?? /= ([0-9.]+) FPS/.exec(output);
    return found === null ? null : Number(found[1]);
}

/** What GL calls its renderer, where the program prints it. */
export function rendererOf(output: string): string | null {
    return /GL_RENDERER: +(.+)/.exec(output)?.[1] ?? null;
}
