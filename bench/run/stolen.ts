// How much of this machine's processors' time its own host gave to others: on a virtual machine the kernel
// counts it. Used by main.ts; two threads at once lose it first, so that a forwarded program seems slower.
import { readFileSync } from 'node:fs';

interface Ticks {
    readonly stolen: number;
    readonly all: number;
}

/** Since the machine has started; nothing where /proc/stat cannot be read. */
function readTicks(): Ticks {
    let line = '';
    try {
        line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
    } catch {
        // A machine that does not say is taken for one of its own.
    }
    // user nice system idle iowait irq softirq steal; guest time stands in user time already.
    const ticks = line.split(/\s+/).slice(1, 9).map(Number);
    return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, each) => sum + each, 0) };
}

/** Begins to count; the answer tells the share of the processors' time so far, from 0 to 1. */
export function countStolen(): () => number {
    const before = readTicks();
    return () => {
        const now = readTicks();
        return now.all > before.all ? (now.stolen - before.stolen) / (now.all - before.all) : 0;
    };
}
