// Which charts a report has, drawn from its results. Pure: names of files and their text.
import { programNames, programRatio, switchesOf } from './goals.ts';
import {
    carriers,
    findSeries,
    metricsOf,
    ratioBetween,
    shownValues,
    type Carrier,
    type Device,
    type Results,
} from './results.ts';
import { median } from './statistics.ts';
import { drawBars, drawLines, type LegendEntry } from './svg.ts';

export interface Chart {
    readonly file: string;
    readonly caption: string;
    readonly text: string;
}

// Colours that people who see colours differently can tell apart (Okabe and Ito).
const colours: Readonly<Record<Carrier, string>> = {
    direct: '#999999',
    ring: '#0072b2',
    unix: '#56b4e9',
    tcp: '#e69f00',
    classic: '#d55e00',
};

/** The device that the programs ran on: the GPU where there is one; one that was measured. */
export function computingDevice(results: Results): Device {
    const inOrder: readonly Device[] = ['nvidia', 'software', 'null'];
    return inOrder.find((device) => results.devices[device] !== undefined) ?? 'software';
}

/** The device that measures Ferry alone, where it was measured. */
export function bareDevice(results: Results): Device {
    return results.devices.null === undefined ? computingDevice(results) : 'null';
}

function measuredCarriers(results: Results, device: Device): Carrier[] {
    return carriers.filter((carrier) =>
        results.series.some((each) => each.carrier === carrier && each.device === device),
    );
}

function legendOf(names: readonly Carrier[]): LegendEntry[] {
    return names.map((name) => ({ name, colour: colours[name] }));
}

function valueOf(
    results: Results,
    benchmark: string,
    metric: string,
    device: Device,
    carrier: Carrier,
): number | null {
    const found = findSeries(results, { benchmark, metric, device, carrier });
    return found === undefined ? null : median(shownValues(found));
}

function callChart(results: Results, benchmark: string, title: string, unit: string): Chart {
    const device = bareDevice(results);
    const shown = measuredCarriers(results, device);
    const isOfUnit = (metric: string) =>
        results.series.some(
            (each) => each.benchmark === benchmark && each.metric === metric && each.unit === unit,
        );
    const groups = metricsOf(results, benchmark, device)
        .filter((metric) => !metric.endsWith('executed') && isOfUnit(metric))
        .map((metric) => ({
            name: metric,
            values: shown.map((carrier) => valueOf(results, benchmark, metric, device, carrier)),
        }));
    const where = device === 'null' ? 'a device that answers at once' : `the ${device} device`;
    const caption = `${title} on ${where}, median, ${unit}, logarithmic`;
    const text = drawBars({ title: caption, unit, legend: legendOf(shown), groups, logarithmic: true });
    return { file: `${benchmark}.svg`, caption, text };
}

function switchChart(results: Results): Chart {
    const device = bareDevice(results);
    const shown = measuredCarriers(results, device);
    const rows: readonly (readonly [string, string])[] = [
        ['calls', 'launch, 4 arguments'],
        ['calls', 'memset, 1 KiB'],
        ['round-trips', 'synchronise, idle stream'],
        ['round-trips', 'copy 4 B to the host'],
        ['objects', 'allocate and free 1 KiB'],
        ['objects', 'create and destroy an event'],
    ];
    const groups = rows.map(([benchmark, metric]) => ({
        name: metric,
        values: shown.map((carrier) => switchesOf(results, { benchmark, metric, device, carrier })),
    }));
    const measured = groups.filter(({ values }) => values.some((value) => value !== null));
    const caption = 'Context switches per 1,000 calls, guest and worker together, logarithmic';
    const floored = measured.map(({ name, values }) => ({
        name,
        values: values.map((value) => (value === null ? null : Math.max(value, 0.01))),
    }));
    const chart = { title: caption, unit: '', legend: legendOf(shown), groups: floored, logarithmic: true };
    return { file: 'switches.svg', caption, text: drawBars(chart) };
}

const kinds = ['pageable to device', 'pageable to host', 'pinned to device', 'pinned to host'] as const;

function copyChart(results: Results, kind: (typeof kinds)[number]): Chart {
    const device = computingDevice(results);
    const shown = measuredCarriers(results, device);
    const steps = metricsOf(results, 'copies', device)
        .filter((metric) => metric.startsWith('memcpy, '))
        .map((metric) => metric.slice('memcpy, '.length));
    const rowOf = (carrier: Carrier, name: string) =>
        steps.map((size) => valueOf(results, 'copies', `${name}, ${size}`, device, carrier));
    const baseline: LegendEntry = { name: 'memcpy', colour: '#333333', broken: true };
    const caption = `Copies, ${kind}, median, GB/s, on the ${device} device, logarithmic`;
    const text = drawLines({
        title: caption,
        unit: 'GB/s',
        legend: [baseline, ...legendOf(shown)],
        steps,
        logarithmic: true,
        rows: [rowOf(shown[0] ?? 'direct', 'memcpy'), ...shown.map((carrier) => rowOf(carrier, kind))],
    });
    return { file: `copies-${kind.replaceAll(' ', '-')}.svg`, caption, text };
}

// A ratio far above the others would squeeze them into nothing.
const highestShown = 4;

function programChart(results: Results): Chart {
    const shown = measuredCarriers(results, computingDevice(results)).filter(
        (carrier) => carrier !== 'direct',
    );
    const groups = programNames.map((name) => ({
        name,
        values: shown.map((carrier) => programRatio(results, name, carrier)),
    }));
    const caption = `Programs: time forwarded against direct, less is better (cut at ${highestShown})`;
    const axis = { logarithmic: false, mark: 1, cut: { at: highestShown } };
    const chart = { title: caption, unit: 'x', legend: legendOf(shown), groups, ...axis };
    return { file: 'programs.svg', caption, text: drawBars(chart) };
}

function linkChart(results: Results): Chart {
    const names = results.links[0]?.programs.map(({ name }) => name) ?? [];
    const palette = ['#009e73', '#cc79a7', '#f0e442'];
    const groups = results.links.map((link) => ({
        name: `${link.gbit} Gbit/s, ${link.roundTripUs / 1000} ms`,
        values: link.programs.map((each) => ratioBetween(each.forwarded, each.direct)),
    }));
    const caption = 'Programs over a link: time forwarded on TCP against direct, logarithmic';
    const legend = names.map((name, index) => ({ name, colour: palette[index] ?? '#333333' }));
    return {
        file: 'links.svg',
        caption,
        text: drawBars({ title: caption, unit: 'x', legend, groups, logarithmic: true }),
    };
}

/** Every chart for which there is something to draw. */
export function chartsOf(results: Results): Chart[] {
    const has = (benchmark: string) => results.series.some((each) => each.benchmark === benchmark);
    return [
        ...(has('calls')
            ? [callChart(results, 'calls', 'What a queued call costs the program', 'ns')]
            : []),
        ...(has('round-trips') ? [callChart(results, 'round-trips', 'Calls that wait', 'us')] : []),
        ...(has('objects') ? [callChart(results, 'objects', 'Memory, events and streams', 'us')] : []),
        ...(has('calls') ? [switchChart(results)] : []),
        ...(has('copies') ? kinds.map((kind) => copyChart(results, kind)) : []),
        ...(programNames.some(has) ? [programChart(results)] : []),
        ...(results.links.length > 0 ? [linkChart(results)] : []),
    ];
}
