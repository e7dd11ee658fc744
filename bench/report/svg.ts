// Two kinds of charts as SVG text: bars on a linear or logarithmic axis, and lines over named steps. Pure.
// Everything is drawn on white, so that a chart reads the same on a dark page.
import { formatNumber } from './statistics.ts';

export interface BarGroup {
    readonly name: string;
    /** One value a legend entry; null leaves a gap. */
    readonly values: readonly (number | null)[];
}

/** A bar longer than this ends there; its label says how long it would be. */
export interface Cut {
    readonly at: number;
}

export interface LegendEntry {
    readonly name: string;
    readonly colour: string;
    /** Drawn as a broken line. */
    readonly broken?: boolean;
}

export interface BarChart {
    readonly title: string;
    readonly unit: string;
    readonly legend: readonly LegendEntry[];
    readonly groups: readonly BarGroup[];
    readonly logarithmic: boolean;
    /** A value at which to draw a line, on a linear axis. */
    readonly mark?: number;
    readonly cut?: Cut;
}

export interface LineChart {
    readonly title: string;
    readonly unit: string;
    readonly legend: readonly LegendEntry[];
    readonly steps: readonly string[];
    /** One row a legend entry, one value a step. */
    readonly rows: readonly (readonly (number | null)[])[];
    readonly logarithmic: boolean;
}

const width = 860;
const labelWidth = 250;
const letterWidth = 7.4;
const barHeight = 13;
const groupGap = 12;
const topHeight = 66;
const bottomHeight = 34;
const ink = '#333333';
const faint = '#dddddd';

function escape(text: string): string {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function text(x: number, y: number, content: string, attributes = ''): string {
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, attributes: string): string {
    const ends = [x1, y1, x2, y2].map((each) => each.toFixed(1));
    return `<line x1="${ends[0]}" y1="${ends[1]}" x2="${ends[2]}" y2="${ends[3]}" ${attributes}/>`;
}

function page(height: number, title: string, parts: readonly string[]): string {
    const font = 'font-family="Helvetica, Arial, sans-serif" font-size="12"';
    const box = `viewBox="0 0 ${width} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${box} role="img" ${font}>`;
    const ground = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
    const head = text(16, 24, title, `font-size="15" font-weight="bold" fill="${ink}"`);
    const drawn = [`<title>${escape(title)}</title>`, ground, head, ...parts];
    return `${open}\n${drawn.join('\n')}\n</svg>\n`;
}

function drawLegend(legend: readonly LegendEntry[]): string[] {
    let x = 16;
    return legend.flatMap(({ name, colour, broken }) => {
        const at = x;
        x += 40 + name.length * letterWidth;
        const dash = broken === true ? ' stroke-dasharray="4 3"' : '';
        return [
            line(
                at,
                44,
                at + 16,
                44,
                `stroke="${colour}" stroke-width="${broken === true ? 2 : 9}"${dash}`,
            ),
            text(at + 21, 48, name, `fill="${ink}"`),
        ];
    });
}

interface Scale {
    readonly place: (value: number) => number;
    readonly ticks: readonly number[];
}

/** Powers of ten that hold every value. */
export function logarithmicScale(values: readonly number[], from: number, to: number): Scale {
    const positive = values.filter((value) => value > 0);
    const low = Math.floor(Math.log10(Math.min(...positive)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))));
    const place = (value: number) =>
        from + ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (to - from);
    return { place, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

/** From zero to a round number, in at most eight steps. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
    const highest = Math.max(...values, 1e-9);
    const magnitude = 10 ** Math.floor(Math.log10(highest));
    const step =
        [0.2, 0.25, 0.5, 1, 2].map((part) => part * magnitude).find((each) => highest / each <= 8) ??
        highest;
    const count = Math.ceil(highest / step);
    const place = (value: number) => from + (value / (count * step)) * (to - from);
    return { place, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** Groups of horizontal bars, each with its value written behind it. */
export function drawBars(chart: BarChart): string {
    const count = chart.legend.length;
    const groupHeight = count * barHeight + groupGap;
    const height = topHeight + chart.groups.length * groupHeight + bottomHeight;
    const right = width - 70;
    const longest = chart.cut?.at ?? Infinity;
    const values = chart.groups
        .flatMap((group) => group.values.filter((value) => value !== null))
        .map((value) => Math.min(value, longest));
    if (values.length === 0) {
        return page(height, chart.title, []);
    }
    const scaleOf = chart.logarithmic ? logarithmicScale : linearScale;
    const scale = scaleOf(chart.mark === undefined ? values : [...values, chart.mark], labelWidth, right);
    const bottom = height - bottomHeight;
    const grid = scale.ticks.flatMap((tick) => [
        line(scale.place(tick), topHeight - 6, scale.place(tick), bottom, `stroke="${faint}"`),
        text(scale.place(tick), bottom + 16, formatNumber(tick), `text-anchor="middle" fill="${ink}"`),
    ]);
    const unit = text(right + 62, bottom + 16, chart.unit, `text-anchor="end" fill="${ink}"`);
    const bars = chart.groups.flatMap((group, index) =>
        drawGroup(group, topHeight + index * groupHeight, chart, scale),
    );
    const mark =
        chart.mark === undefined
            ? []
            : [
                  line(
                      scale.place(chart.mark),
                      topHeight - 6,
                      scale.place(chart.mark),
                      bottom,
                      `stroke="${ink}"`,
                  ),
              ];
    return page(height, chart.title, [...drawLegend(chart.legend), ...grid, unit, ...bars, ...mark]);
}

function drawGroup(group: BarGroup, top: number, chart: BarChart, scale: Scale): string[] {
    const { legend } = chart;
    const longest = chart.cut?.at ?? Infinity;
    const middle = top + (legend.length * barHeight) / 2 + 4;
    const name = text(labelWidth - 10, middle, group.name, `text-anchor="end" fill="${ink}"`);
    const bars = legend.flatMap(({ colour }, index) => {
        const value = group.values[index];
        if (value === null || value === undefined) {
            return [];
        }
        const y = top + index * barHeight;
        const length = Math.max(1, scale.place(Math.min(value, longest)) - labelWidth);
        const size = `width="${length.toFixed(1)}" height="${barHeight - 2}"`;
        const bar = `<rect x="${labelWidth}" y="${y}" ${size} fill="${colour}"/>`;
        const words = value > longest ? `to ${formatNumber(value)}` : formatNumber(value);
        const label = text(labelWidth + length + 4, y + 10, words, `font-size="10" fill="${ink}"`);
        return [bar, label];
    });
    return [name, ...bars];
}

/** Lines over named steps. */
export function drawLines(chart: LineChart): string {
    const height = 380;
    const [left, right, top, bottom] = [84, width - 24, topHeight, height - 44];
    const values = chart.rows.flatMap((row) => row.filter((value) => value !== null));
    if (values.length === 0 || chart.steps.length < 2) {
        return page(height, chart.title, []);
    }
    const scale = (chart.logarithmic ? logarithmicScale : linearScale)(values, bottom, top);
    const stepX = (index: number) => left + (index / (chart.steps.length - 1)) * (right - left - 20) + 10;
    const grid = scale.ticks.flatMap((tick) => [
        line(left, scale.place(tick), right, scale.place(tick), `stroke="${faint}"`),
        text(left - 6, scale.place(tick) + 4, formatNumber(tick), `text-anchor="end" fill="${ink}"`),
    ]);
    const names = chart.steps.map((name, index) =>
        text(stepX(index), bottom + 18, name, `text-anchor="middle" fill="${ink}"`),
    );
    const unit = text(right, 48, chart.unit, `text-anchor="end" fill="${ink}"`);
    const drawn = chart.legend.flatMap((entry, index) =>
        drawRow(entry, chart.rows[index] ?? [], scale, stepX),
    );
    return page(height, chart.title, [...drawLegend(chart.legend), ...grid, ...names, unit, ...drawn]);
}

function drawRow(
    { colour, broken }: LegendEntry,
    row: readonly (number | null)[],
    scale: Scale,
    stepX: (index: number) => number,
): string[] {
    const points = row.flatMap((value, index) =>
        value === null ? [] : [{ x: stepX(index), y: scale.place(value) }],
    );
    const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    const dash = broken === true ? ' stroke-dasharray="6 4"' : '';
    const dots = points.map(
        ({ x, y }) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`,
    );
    return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`, ...dots];
}
