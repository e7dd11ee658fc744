// The report of the benchmark of OpenGL, from made-up numbers.
import { describe, expect, it } from 'vitest';

import { framesPerSecond, glCases, rendererOf } from '../../bench/gl/cases.ts';
import { emptyResult, meanOfScenes, reportOf, type GlResult } from '../../bench/gl/report.ts';

function resultOf(name: string, direct: readonly number[], ferry: readonly number[]): GlResult {
    const each = glCases.find((one) => one.name === name);
    if (each === undefined) {
        throw new Error(`no case ${name}`);
    }
    return { ...emptyResult(each), fps: { direct: [...direct], ferry: [...ferry], classic: [] } };
}

describe('the benchmark of OpenGL', () => {
    it('reads the speed that each program prints', () => {
        expect(framesPerSecond('[build] duration=1: FPS: 290 FrameTime: 3.450 ms')).toBe(290);
        expect(framesPerSecond('1895 frames in 5.0 seconds = 378.706 FPS')).toBe(378.706);
        expect(framesPerSecond('Segmentation fault')).toBeNull();
        expect(rendererOf('    GL_RENDERER:    llvmpipe (LLVM 15)\n')).toBe('llvmpipe (LLVM 15)');
    });

    it('leaves out the rounds that failed', () => {
        const build = resultOf('glmark2 build', [100, Number.NaN, 200], [50, 500, Number.NaN]);
        expect(meanOfScenes([build], 'ferry')).toBeCloseTo(0.5);
        expect(meanOfScenes([resultOf('glmark2 build', [100], [Number.NaN])], 'ferry')).toBeNull();
    });

    it('runs all seventeen scenes', () => {
        expect(glCases.filter(({ isScene }) => isScene === true)).toHaveLength(17);
    });

    it('takes ratios within rounds, so that load falls on both, and their geometric mean', () => {
        const build = resultOf('glmark2 build', [100, 1000, 200], [50, 500, 200]);
        const clear = resultOf('glmark2 clear', [100], [200]);
        const gears = resultOf('glxgears 800x600', [100], [10]);
        expect(meanOfScenes([build, clear, gears], 'ferry')).toBeCloseTo(Math.sqrt(0.5 * 2));
        expect(meanOfScenes([build], 'classic')).toBeNull();
        const report = reportOf({
            startedAt: '2026-01-02T03:04:05Z',
            machine: 'a machine',
            renderers: ['llvmpipe'],
            rounds: 3,
            seconds: 1,
            results: [build],
            skipped: ['gears: not installed'],
            failures: [],
        });
        const row = '| glmark2 build | 200 (100-1,000) | 200 (50.0-500) |  | 0.50 (0.50-1.00) |';
        expect(report).toContain(row);
        expect(report).toContain('Skipped: gears: not installed');
    });
});
