// Writes the committed tables of OpenGL, GLX and EGL from the files of the Debian packages khronos-api and
// libegl-dev. Run on demand; a build reads the tables alone.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { banner } from '../cpp.ts';
import { type FoundCall, importEgl, importEglEnums, importEnums, importXml, numbered } from './import.ts';
import { formatCall, formatConstant, type GlApiName, parseCalls } from './registry.ts';
import { tables } from './sources.ts';

const folder = '/usr/share/khronos-api';
const eglHeaders = ['/usr/include/EGL/egl.h', '/usr/include/EGL/eglext.h'];

export function writeTables(root: string): void {
    const gl = readFileSync(join(folder, 'gl.xml'), 'utf8');
    const glx = readFileSync(join(folder, 'glx.xml'), 'utf8');
    const egl = eglHeaders.map((header) => readFileSync(header, 'utf8')).join('\n');
    writeCalls(root, 'gl', importXml(gl, 'gl'));
    writeCalls(root, 'glx', importXml(glx, 'glx'));
    writeCalls(root, 'egl', importEgl(egl));
    const constants = [importEnums(gl), importEnums(glx), importEglEnums(egl)].flatMap((found) =>
        [...found].map(([name, value]) => formatConstant(name, value)),
    );
    writeFileSync(
        join(root, tables.enums),
        head('the constants of OpenGL, GLX and EGL') + constants.join(''),
    );
}

function head(what: string): string {
    const by = 'npm run gen -- --import-gl';
    return `${banner('the Khronos registries', by, '#')}# ${what.charAt(0).toUpperCase()}${what.slice(1)}.\n`;
}

function writeCalls(root: string, api: GlApiName, found: readonly FoundCall[]): void {
    const path = join(root, tables[api]);
    const known = existsSync(path) ? parseCalls(readFileSync(path, 'utf8'), tables[api]) : [];
    const legend = '# id name return | type name[length]:group@class, ... | versions | other names\n';
    const calls = numbered(api, found, known);
    writeFileSync(
        path,
        head('Numbers stay; a new call takes the next') + legend + calls.map(formatCall).join(''),
    );
}
