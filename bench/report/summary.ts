// What the runner prints at its end: a screenful, ratios first. Pure.
import { formatTable } from '../../host-daemon/src/cli/output.ts';
import { bareDevice, computingDevice } from './charts.ts';
import { goalsOf, isMet, meanProgramRatio, programNames, programRatio, switchesOf } from './goals.ts';
import { carriers, findSeries, shownValues, type Carrier, type Results } from './results.ts';
import { formatNumber, formatRatio, median } from './statistics.ts';

const lines: readonly (readonly [string, string])[] = [
    ['calls', 'launch, 4 arguments'],
    ['round-trips', 'synchronise, idle stream'],
    ['objects', 'allocate and free 1 KiB'],
    ['copies', 'pinned to device, 16 MiB'],
];

function measured(results: Results): Carrier[] {
    return carriers.filter((carrier) => results.series.some((each) => each.carrier === carrier));
}

/** Rows of the short table: single calls with their unit, switches, programs as ratios to direct. */
export function summaryOf(results: Results): string[] {
    const shown = measured(results);
    const device = bareDevice(results);
    const calls = lines.flatMap(([benchmark, metric]) => {
        const all = shown.map((carrier) => findSeries(results, { benchmark, metric, device, carrier }));
        const unit = all.find((each) => each !== undefined)?.unit;
        const cells = all.map((each) => (each === undefined ? '-' : formatNumber(median(shownValues(each)))));
        return unit === undefined ? [] : [[`${metric}, ${unit}`, ...cells]];
    });
    const switchKey = { benchmark: 'calls', metric: 'launch, 4 arguments', device };
    const switches = shown.map((carrier) => {
        const count = switchesOf(results, { ...switchKey, carrier });
        return count === null ? '-' : formatNumber(count);
    });
    const programs = programNames
        .filter((name) => results.series.some((each) => each.benchmark === name))
        .map((name) => [
            `${name}, to direct`,
            ...shown.map((carrier) => cell(programRatio(results, name, carrier))),
        ]);
    const means = shown.map((carrier) => cell(meanProgramRatio(results, carrier)));
    const rows = [
        ...calls,
        ...(calls.length > 0 ? [['switches per 1,000 launches', ...switches]] : []),
        ...programs,
        ...(programs.length > 1 ? [['programs, geometric mean', ...means]] : []),
    ];
    const goals = goalsOf(results).map(isMet);
    const met = goals.filter((each) => each === true).length;
    const missed = goals.filter((each) => each === false).length;
    const unmeasured = goals.length - met - missed;
    const where = `calls on the ${device} device, programs on the ${computingDevice(results)} device`;
    return [
        ...formatTable([where, ...shown], rows),
        `goals: ${met} met, ${missed} missed, ${unmeasured} not measured`,
    ];
}

function cell(ratio: number | null): string {
    return ratio === null ? '-' : formatRatio(ratio);
}
