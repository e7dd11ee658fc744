// What the commands print: lines, tables, sizes, JSON. The only place of host-daemon that writes to stdout.

export function printLine(line: string): void {
    process.stdout.write(`${line}\n`);
}

export function printError(line: string): void {
    process.stderr.write(`${line}\n`);
}

/** Bigints as decimal text, bytes as hexadecimal: what other programs' JSON readers take without loss. */
export function printJson(value: unknown): void {
    const plain = (_: string, inner: unknown) => {
        if (typeof inner === 'bigint') {
            return inner.toString();
        }
        return inner instanceof Uint8Array ? Buffer.from(inner).toString('hex') : inner;
    };
    printLine(JSON.stringify(value, plain, 2));
}

/** Columns as wide as their widest cell, two spaces apart, a header first. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
    const widths = header.map((name, index) =>
        Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
    );
    const pad = (row: readonly string[]) =>
        row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
    return [pad(header), ...rows.map(pad)].map((line) => line.trimEnd());
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatBytes(bytes: number): string {
    let value = bytes;
    let index = 0;
    while (value >= 1024 && index < byteUnits.length - 1) {
        value /= 1024;
        index += 1;
    }
    return `${index === 0 ? value : value.toFixed(1)} ${byteUnits[index] ?? ''}`;
}

export function formatDuration(durationMs: number): string {
    const seconds = Math.max(0, Math.floor(durationMs / 1000));
    const minutes = Math.floor(seconds / 60);
    if (minutes === 0) {
        return `${seconds} s`;
    }
    return minutes < 60
        ? `${minutes} min ${seconds % 60} s`
        : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
