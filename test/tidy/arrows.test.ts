// Who may know whom: the arrows of ARCHITECTURE.md, section 9, read from imports and includes, and files that
// nobody needs.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

import { installRoot } from '../../host-daemon/src/config/places.ts';
import { expectTidy, type Finding } from './report.ts';
import { code, sources, type Source } from './sources.ts';
import { importsOf } from './ts-shape.ts';

interface Edge {
    readonly from: string;
    /** Path in the repository, `build/gen/...` when generated, or a package or system header in brackets. */
    readonly to: string;
}

const known = new Set(sources.map(({ path }) => path));
const includeRoots = ['guest-shim/src', 'native/src', 'native/src/soft', 'proto', 'build/gen', 'test', ''];

function resolveInclude(from: string, name: string): string {
    const candidates = [dirname(from), ...includeRoots].map((root) => normalize(join(root, name)));
    const found = candidates.find((path) => known.has(path) || existsSync(join(installRoot, path)));
    // Generated headers are absent before the first build; their roots say what they are.
    return found ?? normalize(join('build/gen', name));
}

function edgesOfCpp({ path, text }: Source): readonly Edge[] {
    return [...text.matchAll(/^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)/gm)].map(([, quoted, system]) => ({
        from: path,
        to: quoted === undefined ? `<${system ?? ''}>` : resolveInclude(path, quoted),
    }));
}

function edgesOfTs({ path, text }: Source): readonly Edge[] {
    return importsOf(path, text).map((name) => ({
        from: path,
        to: name.startsWith('.') ? normalize(join(dirname(path), name)) : `<${name}>`,
    }));
}

const edges: readonly Edge[] = code.flatMap((source) =>
    source.language === 'cpp' ? edgesOfCpp(source) : edgesOfTs(source),
);

function forbid(from: RegExp, to: RegExp, why: string): readonly Finding[] {
    return edges
        .filter((edge) => from.test(edge.from) && to.test(edge.to))
        .map((edge) => ({ where: edge.from, problem: `imports ${edge.to}: ${why}` }));
}

/** Files that `entry` reaches through imports. */
function reachableFrom(entry: string): ReadonlySet<string> {
    const seen = new Set<string>();
    const queue = [entry];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        if (!seen.has(next)) {
            seen.add(next);
            queue.push(...edges.filter(({ from }) => from === next).map(({ to }) => to));
        }
    }
    return seen;
}

describe('arrows', () => {
    it('between the houses point one way', () => {
        expectTidy('arrow', [
            ...forbid(
                /^proto\//,
                /^(?:guest-shim|native|host-daemon|bench|test)\//,
                'proto imports nothing of ours',
            ),
            ...forbid(/^guest-shim\//, /^(?:native|host-daemon|bench|test)\//, 'the shim knows proto only'),
            ...forbid(/^native\//, /^(?:guest-shim|host-daemon|bench|test)\//, 'native knows proto only'),
            ...forbid(
                /^host-daemon\/src\//,
                /^(?:guest-shim|bench|test)\//,
                'the daemon knows proto and the addon',
            ),
            ...forbid(/^bench\//, /^test\//, 'nothing imports test'),
        ]);
    });

    it('inside native keep mechanism apart', () => {
        expectTidy('arrow', [
            ...forbid(
                /^native\/src\/(?:engine|transport|device|soft)\//,
                /napi|<node_api|<uv\.h>/,
                'only addon/ knows Node',
            ),
            ...forbid(/^(?:native|guest-shim|proto)\//, /^<cuda.*\.h>$/, 'vendor headers are never included'),
            ...forbid(
                /^native\/src\/addon\//,
                /^native\/src\/(?:device|soft)\//,
                'the addon goes through the engine',
            ),
            ...forbid(
                /^native\/src\/(?:device|soft)\//,
                /^native\/src\/(?:engine|transport|addon)\//,
                'a device knows no session',
            ),
            ...forbid(
                /^native\/src\/soft\//,
                /^(?:proto|build\/gen)\/wire\//,
                'the software device knows no wire',
            ),
            ...forbid(
                /^native\/src\/soft\/(?:ptx|launch|numerics)\//,
                /^native\/src\/soft\/(?:api|stream|memory)\//,
                'the engine asks DeviceServices',
            ),
        ]);
    });

    it('leave policy pure', () => {
        const outside = /^(?!host-daemon\/src\/policy\/|host-daemon\/src\/generated\/)/;
        const types = edges.filter(({ from, to }) => {
            return from.startsWith('host-daemon/src/policy/') && outside.test(to) && !isTypeOnly(from, to);
        });
        expect(types).toEqual([]);
        const impure = code
            .filter(({ path }) => path.startsWith('host-daemon/src/policy/'))
            .filter(({ text }) =>
                /Date\.now|new Date|Math\.random|process\.|setTimeout|performance\./.test(text),
            );
        expect(impure.map(({ path }) => path)).toEqual([]);
    });

    it('leave the worker with the addon and msgpackr only', () => {
        const packages = [...reachableFrom('host-daemon/src/worker/main.ts')].filter((name) =>
            /^<(?!node:)/.test(name),
        );
        expect(packages).toEqual(['<msgpackr>']);
    });

    it('keep the daemon from loading a driver: only a worker calls the addon', () => {
        const users = edges.filter(({ to }) => to === 'host-daemon/src/native.ts').map(({ from }) => from);
        const daemonSide = [...reachableFrom('host-daemon/src/cli/main.ts')];
        expect(daemonSide.filter((path) => path === 'host-daemon/src/worker/main.ts')).toEqual([]);
        expect(users.filter((path) => path.startsWith('host-daemon/src/policy/'))).toEqual([]);
    });
});

function isTypeOnly(from: string, to: string): boolean {
    const text = sources.find(({ path }) => path === from)?.text ?? '';
    const name = to.split('/').at(-1) ?? '';
    return new RegExp(`import type [^;]*${name.replace('.', '\\.')}`).test(text);
}

describe('no file is dead', () => {
    const buildFiles = sources.filter(({ path }) =>
        /CMakeLists\.txt$|\.cmake$|package\.json$|\.mjs$|config\.ts$|\.ci\//.test(path),
    );
    const mentioned = (path: string) => {
        const name = path.split('/').at(-1) ?? '';
        return buildFiles.some((file) => file.path !== path && file.text.includes(name));
    };
    const targets = new Set(edges.map(({ to }) => to));

    // The generator writes includes too; what it emits is there only after a build.
    const generators = code.filter(({ path }) => path.startsWith('proto/gen/'));
    const generated = (path: string) =>
        path.startsWith('proto/') &&
        generators.some(({ text }) => text.includes(`#include "${path.slice('proto/'.length)}"`));

    // A module may tell a compiler to include one, as test/programs does before sources that others wrote.
    const handedOver = (path: string) =>
        code.some(({ language, text }) => language === 'ts' && text.includes(`'${path.split('/').at(-1)}'`));

    it('every header is included', () => {
        const dead = code.filter(
            ({ path }) =>
                /\.(h|inc)$/.test(path) && !targets.has(path) && !handedOver(path) && !generated(path),
        );
        expectTidy(
            'dead',
            dead.map(({ path }) => ({ where: path, problem: 'no file includes it' })),
        );
    });

    it('every C++ source is named by a build file or by the list of guests', () => {
        const globbed = buildFiles
            .filter(({ text }) => /GLOB/.test(text))
            .map(({ path }) => `${dirname(path)}/`);
        const dead = code.filter(({ path }) => {
            const isGuest = /^test\/(gl\/)?(guests|scenes)\//.test(path);
            return (
                /\.(cc|cpp)$/.test(path) &&
                !isGuest &&
                !mentioned(path) &&
                !globbed.some((folder) => path.startsWith(folder))
            );
        });
        expectTidy(
            'dead',
            dead.map(({ path }) => ({ where: `${path}:source`, problem: 'no build file names it' })),
        );
    });

    it('every module is imported or is an entry', () => {
        const entries = /\.test\.ts$|\.d\.ts$|vitest\.config\.ts$|^host-daemon\/scripts\/\w+\.mjs$|main\.ts$/;
        const dead = code.filter(({ path, language }) => {
            return language === 'ts' && !entries.test(path) && !targets.has(path) && !mentioned(path);
        });
        const named = dead.filter(
            ({ path }) =>
                !sources.some(
                    ({ path: other, text }) =>
                        other !== path && text.includes(path.split('/').at(-1) ?? path),
                ),
        );
        expectTidy(
            'dead',
            named.map(({ path }) => ({ where: `${path}:module`, problem: 'nobody imports it' })),
        );
    });
});
