// `ferry trace -- program args`: `ferry run` with everything written down, as one JSON file for
// ui.perfetto.dev.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { printError } from './output.ts';
import { runProgram, type RunOptions } from './run-command.ts';
import { readTraces } from './trace-file.ts';
import { traceJson } from './trace-json.ts';

export interface TraceOptions extends RunOptions {
    readonly output: string;
}

/** Answers as `ferry run` does; the file is written whatever became of the program. */
export async function traceProgram(
    program: string,
    args: readonly string[],
    options: TraceOptions,
): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-trace-'));
    try {
        const code = await runProgram(program, args, { ...options, traceFolder: folder });
        const traces = readTraces(folder);
        writeFileSync(options.output, traceJson(traces, basename(program)));
        const spanCount = traces.reduce((sum, trace) => sum + trace.spans.length, 0);
        const lostCount = traces.reduce((sum, trace) => sum + trace.lost, 0);
        const lost = lostCount === 0 ? '' : `, ${lostCount} more were lost`;
        const file = resolve(options.output);
        printError(`ferry: ${spanCount} spans${lost} in ${file}; open it in ui.perfetto.dev`);
        if (traces.length > 0 && traces.every(({ side }) => side === 'guest')) {
            printError('ferry: the worker is not in it: its daemon was started without --trace-folder');
        }
        return code;
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
