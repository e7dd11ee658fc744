// Numbers about numbers: what the report says of several rounds. Pure; used by the report and the goals.

/** Middle value; of an even count the mean of the two in the middle. Throws on none. */
export function median(values: readonly number[]): number {
    const sorted = [...values].sort((left, right) => left - right);
    const middle = Math.floor(sorted.length / 2);
    const upper = sorted[middle];
    const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
    if (upper === undefined || lower === undefined) {
        throw new RangeError('values: expected at least one, got none');
    }
    return (upper + lower) / 2;
}

export interface Spread {
    readonly median: number;
    readonly min: number;
    readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
    return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The n-th root of the product: the fair mean of ratios. */
export function geometricMean(values: readonly number[]): number {
    if (values.length === 0 || values.some((value) => value <= 0)) {
        throw new RangeError(`values: expected some, all above zero, got ${values.join(', ')}`);
    }
    return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * The median of the ratios round by round: the two runs of a round stand next to each other in time, so what
 * the machine did meanwhile falls on both.
 */
export function pairedRatio(above: readonly number[], below: readonly number[]): number {
    const count = Math.min(above.length, below.length);
    return median(above.slice(0, count).map((value, index) => value / (below[index] ?? Number.NaN)));
}

/** Three significant digits, without an exponent: 0.0123, 1.23, 12.3, 1,230. */
export function formatNumber(value: number): string {
    if (value === 0) {
        return '0';
    }
    // As it will be read: 0.9996 is 1.00 and has two decimals.
    const read = Number(value.toPrecision(3));
    const digits = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(read)))));
    const [whole = '', rest] = value.toFixed(digits).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** `57x`, `1.03x`: two decimals where they matter. */
export function formatRatio(value: number): string {
    const rounded = value < 10 ? value.toFixed(2) : Math.round(value).toString();
    return `${rounded.replace(/\B(?=(\d{3})+$)/g, value < 10 ? '' : ',')}x`;
}
