// Ten scenes, drawn by one program on the host's GL itself and through Ferry: not a byte of their windows may
// differ, for it is the same GL that draws.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { installRoot } from '../../host-daemon/src/config/places.ts';
import { describeResult, runGuest } from '../e2e/harness.ts';
import { directEnvironment, glEnvironment, missing, setStage } from './guests.ts';

const sources = ['main.cc', 'fixed.cc', 'objects.cc'].map((name) =>
    join(installRoot, 'test', 'gl', 'scenes', name),
);
const scenes = [
    'lighting',
    'lists',
    'mipmaps',
    'samples',
    'instances',
    'uniforms',
    'feedback',
    'stencil',
    'read_back',
    'points',
];

const reason = missing('scenes of OpenGL', ['frames']);

describe.skipIf(reason !== null)('scenes of OpenGL', () => {
    let program = '';
    const stage = setStage((folder) => {
        program = join(folder, 'scenes');
        const flags = ['-std=c++20', '-DGL_GLEXT_PROTOTYPES', '-o', program, ...sources, '-lGL', '-lX11'];
        const built = spawnSync('c++', flags);
        expect(String(built.stderr)).toBe('');
    });

    const draw = async (scene: string, file: string, env: Record<string, string>) => {
        const command = [program, scene, file];
        const result = await runGuest(command, env);
        expect(result.code, describeResult(command, result)).toBe(0);
        return { pixels: readFileSync(file), said: result.stdout };
    };

    it.each(scenes)('are the same to the byte as drawn directly: %s', async (scene) => {
        const plain = directEnvironment(stage);
        const ferry = glEnvironment(stage, 'vendor', join(stage.folder, 'stats'));
        const direct = await draw(scene, join(stage.folder, `${scene}.direct`), plain);
        const forwarded = await draw(scene, join(stage.folder, `${scene}.ferry`), ferry);
        // Something is drawn at all, by the same GL.
        expect(new Set(direct.pixels).size).toBeGreaterThan(3);
        expect(forwarded.said).toBe(direct.said);
        expect(forwarded.pixels.equals(direct.pixels)).toBe(true);
    });
});
