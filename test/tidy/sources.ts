// The repository's files as the tidy test sees them: what git knows plus what it does not ignore, with their
// text. Read once; used by every rule.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { installRoot } from '../../host-daemon/src/config/places.ts';

export interface Source {
    /** Relative to the repository. */
    readonly path: string;
    readonly text: string;
    readonly lines: readonly string[];
    readonly language: 'cpp' | 'ts' | 'other';
}

const languages: Readonly<Record<string, Source['language']>> = {
    '.h': 'cpp',
    '.cc': 'cpp',
    '.cpp': 'cpp',
    '.cu': 'cpp',
    '.inc': 'cpp',
    '.ts': 'ts',
    '.mjs': 'ts',
    '.cjs': 'ts',
};

// The fuzzers' inputs are bytes, whatever they look like.
const binary = /\.(png|jpg|gif|ico|gz|zst)$|^test\/fuzz\/corpus\//;

function readAll(): readonly Source[] {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const listed = execFileSync('git', args, { cwd: installRoot, encoding: 'utf8', maxBuffer: 2 ** 26 });
    const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '' && !binary.test(path)).sort();
    return paths
        .filter((path) => existsSync(join(installRoot, path)))
        .map((path) => {
            const text = readFileSync(join(installRoot, path), 'utf8');
            const lines = text.replace(/\n$/, '').split('\n');
            return { path, text, lines, language: languages[extname(path)] ?? 'other' };
        });
}

/** Every file of the repository, sorted by path. */
export const sources: readonly Source[] = readAll();

export const isGenerated = (source: Source): boolean =>
    /^\/\/ Generated (from|by)/m.test(source.text.slice(0, 400));

/** Code that people write: C++, CUDA and TypeScript, without what the generator commits. */
export const code: readonly Source[] = sources.filter(
    (source) => source.language !== 'other' && !isGenerated(source),
);
