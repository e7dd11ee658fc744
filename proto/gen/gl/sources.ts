// Reads what the model of OpenGL is made of: the committed tables and the overlay. Used by the generator and
// by its tests.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { glOverlay } from '../../spec/gl/index.ts';
import type { GlSources } from './model.ts';
import { parseCalls, parseConstants } from './registry.ts';

export const tables = {
    gl: 'proto/spec/gl/registry.txt',
    glx: 'proto/spec/gl/glx.txt',
    egl: 'proto/spec/gl/egl.txt',
    enums: 'proto/spec/gl/enums.txt',
    unwritten: 'proto/spec/gl/unwritten.txt',
} as const;

export function readGlSources(root: string): GlSources {
    const text = (path: string): string => readFileSync(join(root, path), 'utf8');
    return {
        registries: {
            gl: parseCalls(text(tables.gl), tables.gl),
            glx: parseCalls(text(tables.glx), tables.glx),
            egl: parseCalls(text(tables.egl), tables.egl),
        },
        constants: parseConstants(text(tables.enums), tables.enums),
        overlay: glOverlay,
        unwritten: text(tables.unwritten)
            .split('\n')
            .filter((line) => line !== '' && !line.startsWith('#')),
    };
}
