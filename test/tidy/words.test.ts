// Words and calls that this project does not use, each with what to write instead, and paths of somebody's
// machine.
import { describe, expect, it } from 'vitest';

import { blankOut } from './cpp-shape.ts';
import { expectTidy, type Finding } from './report.ts';
import { code, sources, type Source } from './sources.ts';

interface Ban {
    readonly pattern: RegExp;
    readonly instead: string;
    /** Paths it holds for. */
    readonly within: RegExp;
    /** Lines it does not hold for. */
    readonly unless?: RegExp;
}

const ourCpp = /^(?:guest-shim|native|proto)\/.*\.(?:h|cc)$/;
const shim = /^guest-shim\/src\/.*\.(?:h|cc)$/;
const typescript = /\.ts$/;

const bans: readonly Ban[] = [
    {
        pattern: /\bstrcpy\b|\bstrcat\b|\bsprintf\b|\bgets\b/,
        instead: 'a call that knows the size',
        within: ourCpp,
    },
    {
        pattern: /\bmemcpy\s*\(|\bmemmove\s*\(/,
        instead: 'copy_exact, which takes one size',
        within: /^native\/src\/soft\/(?:api|memory|stream)\/(?!bytes_unsafe)/,
    },
    { pattern: /\busing namespace std\b/, instead: 'qualified names', within: ourCpp },
    {
        pattern: /\bthrow\b|\btry\s*\{/,
        instead: 'Status or Result',
        within: /^(?:guest-shim|proto|native\/src\/(?:engine|transport|device|soft))\/.*\.(?:h|cc)$/,
    },
    { pattern: /\bdynamic_cast\b|\btypeid\b/, instead: 'a virtual function', within: shim },
    {
        pattern: /std::cout|(?<![\w:])printf\s*\(|\bputs\s*\(/,
        instead: "log.h: stdout is the program's",
        within: shim,
    },
    {
        pattern: /(?<![\w:.>])(?:exit|abort)\s*\(/,
        instead: 'an error: the program is never killed',
        within: shim,
    },
    { pattern: /\bas any\b|:\s*any\b|<any>/, instead: 'unknown and a check', within: typescript },
    {
        pattern: /\bconsole\.\w+\(/,
        instead: 'the log, or cli/output.ts',
        within: /^(?:host-daemon|proto|bench)\/.*\.ts$/,
    },
    { pattern: /@ts-ignore|@ts-nocheck/, instead: '@ts-expect-error with a reason', within: typescript },
    { pattern: /^export default\b/, instead: 'a named export', within: /^(?!test\/vitest\.config).*\.ts$/ },
    { pattern: /^(?:export )?(?:const )?enum\b/, instead: 'a const object and a union', within: typescript },
];

function withoutLiterals(source: Source): readonly string[] {
    const text = source.language === 'cpp' ? blankOut(source.text) : source.text.replace(/\/\/[^\n]*/g, '');
    return text.split('\n');
}

describe('calls', () => {
    it('that are banned do not occur', () => {
        const findings = code
            .filter(({ path }) => !path.startsWith('test/tidy/'))
            .flatMap((source) => findBanned(source));
        expectTidy('call', findings);
    });

    it('reinterpret_cast stands in an _unsafe file or under a SAFETY comment', () => {
        const findings = code
            .filter(({ path }) => ourCpp.test(path) && !path.includes('_unsafe'))
            .flatMap((source) => findUnexplainedCasts(source));
        expectTidy(
            'cast',
            findings.map(({ where, problem }) => ({ where: where, problem })),
        );
    });
});

function findBanned(source: Source): readonly Finding[] {
    const lines = withoutLiterals(source);
    return bans
        .filter(({ within }) => within.test(source.path))
        .flatMap((ban) => {
            const at = lines.findIndex((line) => ban.pattern.test(line) && ban.unless?.test(line) !== true);
            return at === -1 ? [] : [{ where: source.path, problem: `line ${at + 1}: write ${ban.instead}` }];
        });
}

function findUnexplainedCasts(source: Source): readonly Finding[] {
    const above = 5;
    const clean = blankOut(source.text).split('\n');
    const at = clean.findIndex((line, index) => {
        const context = source.lines.slice(Math.max(0, index - above), index + 1).join('\n');
        return line.includes('reinterpret_cast') && !context.includes('SAFETY');
    });
    return at === -1
        ? []
        : [{ where: source.path, problem: `line ${at + 1}: reinterpret_cast without SAFETY` }];
}

describe('names', () => {
    // Said by others: CUDA's, OpenGL's and X's own names, system structures, the level of a log line, files
    // of programs that are run. FunctionInfo and GlobalInfo stand in the first header of the software
    // device, which came before the rule.
    const foreign = new RegExp(
        [
            '^(?:cu|CU|cuda|CUDA)\\w*$',
            '^gl[A-Z]\\w*$',
            '^\\w*INFO_LOG\\w*$',
            '^(?:info|kInfo|fileInfo|util)$',
            '^(?:XVisualInfo|XGetVisualInfo|XFreeFontInfo|__GLXvendorInfo|__EGLvendorInfo)$',
            '^(?:addrinfo|getaddrinfo|siginfo\\w*|si_\\w*|SA_SIGINFO|Dl_info|CallbackInfo)$',
            '^(?:helper_multiprocess|multians_util|utils)$',
            '^(?:[pP]aramInfo|resultInfo|FunctionInfo|GlobalInfo|mem_get_info)$',
        ].join('|'),
    );
    const banned = /(?:^|_|(?<=[a-z]))(?:[Mm]anager|[Hh]elper|[Uu]tils?|[Ii]nfo|INFO)(?=_|$|[A-Z0-9])/;

    it('hold none of the words that say nothing', () => {
        const findings = [...code, ...sources.filter(({ path }) => path.endsWith('.proto'))]
            .filter(({ path }) => !path.startsWith('test/tidy/') && !path.startsWith('proto/cudart/abi'))
            .flatMap((source) => {
                const words =
                    withoutLiterals(source)
                        .join('\n')
                        .match(/\b[A-Za-z_]\w*\b/g) ?? [];
                const found = words.find((word) => banned.test(word) && !foreign.test(word));
                return found === undefined ? [] : [{ where: source.path, problem: `the name ${found}` }];
            });
        expectTidy('name', findings);
    });

    it('of files hold none either', () => {
        const findings = sources
            .map(({ path }) => path)
            .filter((path) => banned.test(path.replace(/[-./]/g, '_')));
        expect(findings).toEqual([]);
    });
});

describe('text', () => {
    // Put together from parts, or this file would be a finding.
    const machinePaths = new RegExp(
        ['/ho' + 'me/[a-z]', '/ro' + 'ot/[a-z.]', '/wo' + 'rk/', '/Us' + 'ers/[A-Za-z]'].join('|'),
    );
    const unfinished = new RegExp(['\\bTO' + 'DO\\b', '\\bFIX' + 'ME\\b', '\\bXX' + 'X\\b'].join('|'));

    it('names no path of a machine', () => {
        const findings = sources
            .filter(({ path }) => path !== 'package-lock.json')
            .flatMap(({ path, lines }) => {
                const at = lines.findIndex((line) => machinePaths.test(line));
                return at === -1 ? [] : [`${path}:${at + 1}: ${lines[at]}`];
            });
        expect(findings).toEqual([]);
    });

    it('promises no work for later without a decision that says so', () => {
        const findings = code.flatMap(({ path, lines }) => {
            const at = lines.findIndex((line) => unfinished.test(line) && !/D-\d+/.test(line));
            return at === -1 ? [] : [`${path}:${at + 1}: ${lines[at]}`];
        });
        expect(findings).toEqual([]);
    });

    it('cites only decisions that exist', () => {
        const decided = new Set(
            (sources.find(({ path }) => path === 'DECISIONS.md')?.text ?? '').match(/\bD-\d+/g) ?? [],
        );
        const cited = code.flatMap(({ path, text }) =>
            (text.match(/\bD-\d+\b/g) ?? []).map((id) => ({ path, id })),
        );
        expect(cited.filter(({ id }) => !decided.has(id))).toEqual([]);
    });
});
