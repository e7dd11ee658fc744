// The benchmarks' arithmetic and report: statistics, goals, Markdown and charts from results that are written
// down here. Nothing is run.
import { describe, expect, it } from 'vitest';

import { parseOptions } from '../../bench/options.ts';
import { chartsOf } from '../../bench/report/charts.ts';
import {
    disturbedGoals,
    goalsOf,
    isMet,
    linkAlone,
    programRatio,
    socketAloneMean,
    switchesOf,
} from '../../bench/report/goals.ts';
import { writeMarkdown } from '../../bench/report/markdown.ts';
import {
    isDisturbed,
    ratioBetween,
    shownValues,
    type Carrier,
    type Results,
    type Series,
} from '../../bench/report/results.ts';
import {
    formatNumber,
    formatRatio,
    geometricMean,
    median,
    pairedRatio,
} from '../../bench/report/statistics.ts';
import { summaryOf } from '../../bench/report/summary.ts';
import { drawBars, linearScale, logarithmicScale } from '../../bench/report/svg.ts';
import { mismatchOf } from '../../bench/run/carriers.ts';
import { parseReport, type GuestReport } from '../../bench/run/guest.ts';
import { mergeReports } from '../../bench/run/merge.ts';
import { Collector, wantsMoreRounds } from '../../bench/run/suite.ts';

type Key = Pick<Series, 'benchmark' | 'metric' | 'device' | 'carrier'>;

type Quiet = readonly (number | null)[];

function series(key: Key, unit: string, values: number[], switches = 0, quiet: Quiet = values): Series {
    const none = values.map(() => ({ voluntary: 0, involuntary: 0 }));
    const guestSwitches = values.map(() => ({ voluntary: switches, involuntary: 0 }));
    return { ...key, unit, values, quiet: [...quiet], tails: values, guestSwitches, hostSwitches: none };
}

function results(all: readonly Series[]): Results {
    return {
        version: '0',
        startedAt: '2026-01-02T03:04:05Z',
        durationS: 60,
        quick: false,
        rounds: 3,
        machine: {
            cpu: 'a CPU',
            cores: 2,
            memoryGib: 8,
            kernel: 'Linux 6',
            node: 'v20',
            loadBefore: 0,
            loadAfter: 1,
            stolen: 0,
            aloneNs: 100_000,
            tripNs: 66,
        },
        devices: { null: 'Ferry null device', software: 'Ferry Software Device' },
        unavailable: [{ carrier: 'tcp', reason: 'not built' }],
        failures: [],
        limits: [],
        series: all,
        counters: [],
        links: [],
    };
}

const launch = { benchmark: 'calls', metric: 'launch, 4 arguments', device: 'null' } as const;
const compute = { benchmark: 'compute', metric: 'loop', device: 'software' } as const;

const sample = results([
    series({ ...launch, carrier: 'ring' }, 'ns', [40, 50, 45], 1),
    series({ ...launch, carrier: 'classic' }, 'ns', [60_000, 50_000, 45_000], 2000),
    series({ ...compute, carrier: 'direct' }, 'ms', [100, 200, 100]),
    series({ ...compute, carrier: 'ring' }, 'ms', [102, 204, 103]),
]);

describe('statistics', () => {
    it('take the middle, of an even count between the two', () => {
        expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
        expect(() => median([])).toThrow(RangeError);
    });

    it('compare runs of the same round, so that a slow round does not count twice', () => {
        expect(pairedRatio([102, 204, 103], [100, 200, 100])).toBeCloseTo(1.02);
    });

    it('take the geometric mean of ratios', () => {
        expect(geometricMean([2, 8])).toBeCloseTo(4);
        expect(() => geometricMean([1, 0])).toThrow(RangeError);
    });

    it('print three digits that mean something', () => {
        const shown = [0, 0.01234, 0.9996, 1.234, 12.34, 999.6, 1234.5, 1_234_567].map(formatNumber);
        expect(shown).toEqual(['0', '0.0123', '1.00', '1.23', '12.3', '1,000', '1,235', '1,234,567']);
        expect([1.034, 57.3].map(formatRatio)).toEqual(['1.03x', '57x']);
    });
});

describe('goals', () => {
    it('are met, missed or not measured, and a missing carrier is never met', () => {
        const verdicts = new Map(goalsOf(sample).map((goal) => [goal.text, isMet(goal)]));
        expect(verdicts.get('ring: launch with 4 arguments')).toBe(true);
        expect(verdicts.get('ring: compute, forwarded against direct')).toBe(true);
        expect(verdicts.get('gRPC on TCP: round trip')).toBe(null);
        const slow = results([series({ ...launch, carrier: 'ring' }, 'ns', [61])]);
        expect(
            goalsOf(slow)
                .map(isMet)
                .filter((met) => met === false),
        ).toHaveLength(1);
    });

    it('add the switches of guest and worker', () => {
        expect(switchesOf(sample, { ...launch, carrier: 'classic' })).toBe(2000);
        expect(programRatio(sample, 'compute', 'tcp')).toBe(null);
    });
});

describe('what was disturbed', () => {
    const key = { ...compute, carrier: 'direct' } as const;
    const forwarded = { ...compute, carrier: 'ring' } as const;

    it('is not shown where at least half of the rounds were quiet', () => {
        const found = series(key, 'ms', [300, 100, 110], 0, [null, 90, 96]);
        expect([shownValues(found), isDisturbed(found)]).toEqual([[90, 96], false]);
        const half = series(key, 'ms', [300, 100], 0, [null, 90]);
        expect([shownValues(half), isDisturbed(half)]).toEqual([[90], false]);
        const none = series(key, 'ms', [300, 100], 0, [null, null]);
        expect([shownValues(none), isDisturbed(none)]).toEqual([[300, 100], true]);
    });

    it('is shown, and marked, where fewer rounds were quiet: one block may be the odd one', () => {
        const rates = series(key, 'GB/s', [3.5, 0.5, 3.7], 0, [null, 0.456, null]);
        expect([shownValues(rates), isDisturbed(rates)]).toEqual([[3.5, 0.5, 3.7], true]);
        const slow = { ...sample, series: [...sample.series, { ...rates, metric: 'rate' }] };
        expect(writeMarkdown(slow, '')).toContain('| ~3.50 (0.500-3.70) |');
    });

    it('does not stand to what was quiet', () => {
        const direct = series(key, 'ms', [100, 200, 300], 0, [100, null, 90]);
        const ring = (quiet: Quiet) => series(forwarded, 'ms', [150, 200, 330], 0, quiet);
        // Rounds that were quiet for both.
        expect(ratioBetween(ring([120, 50, 99]), direct)).toBeCloseTo(1.15);
        // One such round of three; but each has two of its own.
        expect(ratioBetween(ring([null, 50, 99]), direct)).toBeCloseTo(74.5 / 95);
        // One quiet round, or none: all of them.
        expect(ratioBetween(ring([120, null, null]), direct)).toBeCloseTo(1.1);
        expect(ratioBetween(ring([null, null, null]), direct)).toBeCloseTo(1.1);
    });

    it('asks for more rounds of its part where it is most of what a carrier has', () => {
        const metric = (name: string, quiet: Quiet, carrier: Carrier = 'ring') =>
            series({ ...launch, metric: name, carrier }, 'ns', quiet.map(() => 50), 0, quiet);
        const [seen, unseen] = [metric('a', [50, null]), metric('b', [null, null])];
        expect(wantsMoreRounds([seen, unseen], launch)).toBe(false);
        expect(wantsMoreRounds([seen, unseen, metric('c', [null, null])], launch)).toBe(true);
        expect(wantsMoreRounds([seen, metric('a', [null, null], 'tcp')], launch)).toBe(true);
        // Neither is a part of what is asked about.
        expect(wantsMoreRounds([seen, metric('a', [null, null], 'classic')], launch)).toBe(false);
        expect(wantsMoreRounds([unseen], { ...launch, benchmark: 'objects' })).toBe(false);
    });

    it('is no count', () => {
        const count = series({ ...launch, carrier: 'ring' }, '', [7, 5], 0, [null, null]);
        expect([shownValues(count), isDisturbed(count)]).toEqual([[7, 5], false]);
    });

    it('is marked in the goals and in the numbers', () => {
        const slow = results([series({ ...launch, carrier: 'ring' }, 'ns', [61, 63], 0, [null, null])]);
        expect(writeMarkdown(slow, '')).toContain('| ~62.0 ns | **missed** |');
        expect(writeMarkdown(slow, '')).toContain('| ~62.0 (61.0-63.0) |');
        expect(writeMarkdown(sample, '')).toContain('| 45.0 ns | met |');
        expect(disturbedGoals(sample)).not.toContain(true);
    });
});

function limit(metric: string, unit: string, value: number): Series {
    return series({ benchmark: 'limits', metric, device: 'null', carrier: 'direct' }, unit, [value]);
}

describe("a raw socket's round trip", () => {
    it('stands beside the goals where both were measured', () => {
        const limits = ['Unix', 'TCP'].map((kind, index) =>
            limit(`${kind} socket, awake, two cores`, 'us', 4 + index * 5),
        );
        const text = writeMarkdown({ ...sample, limits }, '');
        expect(text).toContain('takes 4.00 us there and back (Unix) and 9.00 us (TCP) here');
        expect(writeMarkdown({ ...sample, limits: limits.slice(1) }, '')).not.toContain('there and back');
    });
});

describe('what the judged link takes alone', () => {
    it('is one message there and back and the bytes of a step, at the rate of a raw connection', () => {
        const rounds = (value: number) => ({ unit: 'ms', values: [value], quiet: [value] });
        const link = {
            gbit: 25,
            roundTripUs: 1000,
            measuredRoundTripUs: 1100,
            measuredGbit: 10.48576,
            programs: [{ name: 'training', direct: rounds(1500), forwarded: rounds(1800) }],
            relayCpuSeconds: 1,
            relayWallSeconds: 2,
        };
        const measured = { ...results([]), links: [link] };
        expect(linkAlone(measured)).toBeCloseTo(1 + (1.1 + 0.4) / 15);
        expect(writeMarkdown(measured, 'charts/')).toContain('would alone make it 1.10x');
        const slow = { ...link, measuredRoundTripUs: 2200, measuredGbit: 5.24288 };
        expect(linkAlone({ ...measured, links: [slow] })).toBeCloseTo(1 + (2.2 + 0.8) / 15);
        expect(linkAlone({ ...measured, links: [{ ...link, roundTripUs: 50 }] })).toBe(null);
        expect(linkAlone({ ...measured, quick: true })).toBe(null);
    });
});

describe('the mean that a raw socket leaves', () => {
    const rate = (metric: string) =>
        series({ benchmark: 'copies', metric, device: 'software', carrier: 'direct' }, 'GB/s', [20]);
    const metrics = ['pinned', 'pageable'].flatMap((kind) =>
        ['to device', 'to host'].map((way) => `${kind} ${way}, 16 MiB`),
    );

    it('counts the two programs that copy as slow as the socket, and the other three as direct', () => {
        const limits = [limit('TCP socket, copies of 16 MiB', 'GB/s', 5)];
        const measured = { ...results(metrics.map(rate)), limits };
        expect(socketAloneMean(measured)).toBeCloseTo(4 ** (2 / 5));
        expect(writeMarkdown(measured, 'charts/')).toContain('make the mean on TCP 1.74x');
        expect(socketAloneMean(results(metrics.map(rate)))).toBe(null);
    });
});

describe('the report', () => {
    const text = writeMarkdown(sample, 'charts/');

    it('puts ratios before numbers and names what was not available', () => {
        expect(text).toContain('tcp: not available (not built)');
        expect(text.indexOf('## Against the classic model')).toBeLessThan(text.indexOf('## Every number'));
        // 60,000 / 40, 50,000 / 50 and 45,000 / 45: the middle.
        expect(text).toMatch(/launch, 4 arguments \| 50,000 ns \| 1,000x/);
        expect(text).toMatch(/compute \| 100 ms \| 1\.02x/);
        expect(text).toContain('45.0 (40.0-50.0)');
    });

    it('warns where the processors were lent to others meanwhile', () => {
        const warning = 'Others were at work on this machine';
        expect(writeMarkdown(sample, '')).not.toContain(warning);
        const lent = writeMarkdown({ ...sample, machine: { ...sample.machine, stolen: 0.25 } }, '');
        expect(lent).toContain("25.0 % of its processors' time");
        expect(lent).toContain(warning);
    });

    it('links every chart that is drawn, and no other', () => {
        const drawn = chartsOf(sample).map(({ file }) => `charts/${file}`);
        const linked = [...text.matchAll(/\]\((charts\/[^)]+)\)/g)].map(([, file]) => file);
        expect(linked).toEqual(drawn);
        expect(drawn).toContain('charts/calls.svg');
        expect(drawn).not.toContain('charts/links.svg');
    });

    it('draws on one axis only what has its unit', () => {
        const steps = { ...launch, metric: '500 launches', carrier: 'ring' } as const;
        const mixed = { ...sample, series: [...sample.series, series(steps, 'us', [33])] };
        const chart = chartsOf(mixed).find(({ file }) => file === 'calls.svg')?.text;
        expect(chart).toContain(launch.metric);
        expect(chart).not.toContain(steps.metric);
    });

    it('ends on stdout with a table that fits a screen', () => {
        const lines = summaryOf(sample);
        expect(lines.length).toBeLessThan(20);
        expect(lines.at(-1)).toMatch(/^goals: \d+ met, \d+ missed, \d+ not measured$/);
    });

    it('is written for a run in which everything failed', () => {
        const empty = { ...results([]), failures: ['calls over ring: no'] };
        expect(writeMarkdown(empty, '')).toContain('FAILED: calls over ring: no');
        expect(chartsOf(empty)).toEqual([]);
    });
});

describe('charts', () => {
    it('are well-formed and escape what they are given', () => {
        const chart = {
            title: 'a < b & "c"',
            unit: 'ns',
            legend: [{ name: 'ring', colour: '#0072b2' }],
            groups: [{ name: '<x>', values: [12, null] }],
        };
        const svg = drawBars({ ...chart, logarithmic: true });
        expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
        expect(svg).toContain('&lt;x&gt;');
        const opened = [...svg.matchAll(/<(svg|text|title)\b/g)].length;
        expect([...svg.matchAll(/<\/(svg|text|title)>/g)]).toHaveLength(opened);
        expect(svg).not.toContain('NaN');
    });

    it('have axes that hold every value', () => {
        const logarithmic = logarithmicScale([0.4, 70_000], 0, 100);
        expect(logarithmic.ticks[0]).toBeCloseTo(0.1);
        expect(logarithmic.place(70_000)).toBeLessThanOrEqual(100);
        const linear = linearScale([0, 3.7], 0, 100);
        expect(linear.place(3.7)).toBeLessThanOrEqual(100);
        expect(linear.ticks.at(-1)).toBeGreaterThanOrEqual(3.7);
    });
});

describe('the command line', () => {
    it('says what a run shall be', () => {
        const options = parseOptions(['--quick', '--only', 'calls', '--carriers', 'ring,classic']);
        expect(options).toMatchObject({
            quick: true,
            rounds: 2,
            only: ['calls'],
            carriers: ['ring', 'classic'],
        });
    });

    it('is refused in one line with what was expected', () => {
        expect(parseOptions(['--only', 'everything'])).toMatch(/^--only: expected one of calls/);
        expect(parseOptions(['--rounds', '0'])).toMatch(/whole number from 1, got 0/);
        expect(parseOptions(['--carriers', 'ring,pigeon'])).toMatch(/got ring,pigeon/);
        expect(parseOptions(['--only'])).toMatch(/^usage/);
    });
});

describe('several runs of a guest', () => {
    const run = (wallMs: number, p50: number, quietP50: number | null = null): GuestReport => {
        const switches = { guestSwitches: [1, 2], hostSwitches: [3, 0] } as const;
        const loop = { metric: 'loop', unit: 'ms', p50, p99: p50 + 1, quietP50, calls: 4, ...switches };
        const counters = { round_trips: 3 };
        return { device: 'd', results: [loop], unavailable: [], lookedMs: 1, wallMs, counters };
    };

    it('are one by their medians: one that was disturbed does not show', () => {
        const report = mergeReports([run(108, 90), run(13, 5), run(16, 4)]);
        expect(report).toMatchObject({ wallMs: 16, lookedMs: 3, counters: { round_trips: 3 } });
        expect(report.results).toHaveLength(1);
        expect(report.results[0]).toMatchObject({ metric: 'loop', unit: 'ms', p50: 5, p99: 6 });
    });

    it('keep what is given per call', () => {
        const [result] = mergeReports([run(1, 1), run(1, 1)]).results;
        expect(result).toMatchObject({ calls: 8, guestSwitches: [2, 4], hostSwitches: [6, 0] });
    });

    it('are quiet where each of them was', () => {
        const quietOf = (...runs: readonly GuestReport[]) => mergeReports(runs).results[0]?.quietP50;
        expect(quietOf(run(1, 9, 5), run(1, 9, 7))).toBe(6);
        expect(quietOf(run(1, 9, 5), run(1, 9))).toBe(null);
        expect(() => mergeReports([])).toThrow(RangeError);
    });
});

describe("a guest's words", () => {
    it('are read or refused, never guessed', () => {
        const result = '"metric":"m","unit":"ns","p50":1,"p99":2,"calls":3,"guestSwitches":[4,5]';
        const quiet = (samples: number) => `{${result},"quiet":{"p50":6,"samples":${samples}}}`;
        const few = quiet(3).replace('"p50":1', '"samples":61,"p50":1');
        const all = [`{${result}}`, quiet(2), quiet(3), few].join(',');
        const report = parseReport(`{"device":"d","lookedMs":7,"results":[${all}]}`);
        expect(report.results[0]).toMatchObject({ p50: 1, guestSwitches: [4, 5], hostSwitches: [0, 0] });
        expect(report.results.map(({ quietP50 }) => quietP50)).toEqual([null, null, 6, null]);
        expect(report.lookedMs).toBe(7);
        expect(() => parseReport('{"device":"d"}')).toThrow(TypeError);
        expect(() => parseReport('{"device":"d","results":[{"metric":"m"}]}')).toThrow(TypeError);
    });

    it('of what it could not measure stand in the report, once for each carrier', () => {
        const missing = '"unavailable":[{"metric":"system calls","reason":"root may"}]';
        const report = parseReport(`{"device":"d","results":[],${missing}}`);
        const collector = new Collector();
        const million = { name: 'million', isProgram: false, devices: ['null'] } as const;
        for (const carrier of ['ring', 'ring', 'tcp'] as const) {
            collector.add(million, 'null', carrier, { ...report, wallMs: 1, counters: null });
        }
        expect(collector.unavailable).toHaveLength(2);
        const text = writeMarkdown({ ...sample, unavailable: collector.unavailable }, '');
        expect(text).toContain('\n- ring, system calls: not available (root may)\n');
        expect(text).toContain('\n- tcp, system calls: not available (root may)\n');
    });

    it('show what carried it, and another carrier does not count', () => {
        expect(mismatchOf('ring', { carrier: 'ring' })).toBe(null);
        expect(mismatchOf('ring', { carrier: 'unix' })).toMatch(/carried by unix/);
        expect(mismatchOf('classic', { carrier: 'unix' })).toBe(null);
        expect(mismatchOf('direct', { carrier: 'ring' })).toMatch(/forwarded/);
        expect(mismatchOf('tcp', null)).toMatch(/not forwarded/);
    });
});
