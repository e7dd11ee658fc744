// The sizes of STYLE.md: files, functions, lines, nesting, and the comment that opens every file.
import { describe, expect, it } from 'vitest';

import { functionsOf } from './cpp-shape.ts';
import { expectTidy } from './report.ts';
import { code, sources, type Source } from './sources.ts';
import { functionsOfTs } from './ts-shape.ts';

const maxFileLines = 400;
const maxFunctionLines = 60;
const maxColumns = 110;
const maxNesting = 3;
const maxOpeningLines = 6;

function shapesOf(source: Source): ReturnType<typeof functionsOf> {
    return source.language === 'ts' ? functionsOfTs(source.path, source.text) : functionsOf(source.text);
}

describe('the measure itself', () => {
    it('sees functions, lambdas and nesting in C++', () => {
        const text = [
            'namespace a {',
            'struct B { int c = 1; void d() const {} };',
            'static int e(int f) {',
            '    if (f) {',
            '        for (;;) { while (f) { g(); } }',
            '    } else if (h) { }',
            '    auto k = [&](int l) { return "}{" + l; };',
            '}',
            '}',
        ].join('\n');
        const found = functionsOf(text).map(({ name, lineCount, nesting }) => [name, lineCount, nesting]);
        expect(found).toEqual([
            ['d', 1, 0],
            [expect.any(String), 1, 0],
            ['e', 6, 3],
        ]);
    });

    it('sees functions and nesting in TypeScript', () => {
        const text =
            'function a() {\n  if (b) { for (;;) {} } else if (c) {}\n}\n' +
            'const d = () => { try { } finally { } };';
        const found = functionsOfTs('x.ts', text).map(({ lineCount, nesting }) => [lineCount, nesting]);
        expect(found).toEqual([
            [3, 2],
            [1, 1],
        ]);
    });
});

describe('every file', () => {
    it(`of code has at most ${maxFileLines} lines`, () => {
        const long = code.filter(({ lines }) => lines.length > maxFileLines);
        expectTidy(
            'file-length',
            long.map(({ path, lines }) => ({ where: path, problem: `${lines.length} lines` })),
        );
    });

    it(`of code has lines of at most ${maxColumns} columns`, () => {
        const findings = code.flatMap(({ path, lines }) => {
            const at = lines.findIndex((line) => [...line].length > maxColumns);
            return at === -1
                ? []
                : [{ where: path, problem: `line ${at + 1} has ${[...(lines[at] ?? '')].length}` }];
        });
        expectTidy('line-length', findings);
    });

    it(`of code opens with a comment of at most ${maxOpeningLines} lines, unless it draws a format`, () => {
        const findings = code.flatMap(({ path, lines }) => {
            const start = lines[0]?.startsWith('#!') === true ? 1 : 0;
            if (lines[start]?.startsWith('// ') !== true) {
                return [{ where: path, problem: 'no opening comment' }];
            }
            const end = lines.findIndex((line, index) => index >= start && !line.startsWith('//'));
            const opening = lines.slice(start, end === -1 ? lines.length : end);
            // A drawing is set off by an empty comment line.
            const drawing = opening.indexOf('//');
            const count = drawing === -1 ? opening.length : drawing;
            return count > maxOpeningLines
                ? [{ where: path, problem: `opening comment of ${count} lines` }]
                : [];
        });
        expectTidy('opening', findings);
    });

    it('ends with one newline and has no trailing blanks', () => {
        const findings = sources
            .filter(({ text }) => text !== '')
            .filter(({ text }) => !text.endsWith('\n') || text.endsWith('\n\n') || /[ \t]\n/.test(text))
            .map(({ path }) => path);
        expect(findings).toEqual([]);
    });
});

describe('every function', () => {
    it(`has at most ${maxFunctionLines} lines`, () => {
        const findings = code.flatMap((source) =>
            shapesOf(source)
                .filter(({ lineCount }) => lineCount > maxFunctionLines)
                .map(({ name, line, lineCount }) => ({
                    where: `${source.path}:${name}`,
                    problem: `${lineCount} lines from line ${line}`,
                })),
        );
        expectTidy('function-length', findings);
    });

    it(`nests at most ${maxNesting} deep`, () => {
        const findings = code.flatMap((source) =>
            shapesOf(source)
                .filter(({ nesting }) => nesting > maxNesting)
                .map(({ name, line, nesting }) => ({
                    where: `${source.path}:${name}`,
                    problem: `nesting ${nesting} from line ${line}`,
                })),
        );
        expectTidy('nesting', findings);
    });
});
