// The whole specification in one value: what proto/gen reads.

import { context } from './cuda/context.ts';
import { copies } from './cuda/copy.ts';
import { copies2d } from './cuda/copy-2d.ts';
import { devices } from './cuda/device.ts';
import { entry } from './cuda/entry.ts';
import { events } from './cuda/event.ts';
import { execution } from './cuda/execution.ts';
import { fills } from './cuda/fill.ts';
import { library } from './cuda/library.ts';
import { memory } from './cuda/memory.ts';
import { module } from './cuda/module.ts';
import { occupancy } from './cuda/occupancy.ts';
import { primaryContext } from './cuda/primary-context.ts';
import { profiler } from './cuda/profiler.ts';
import { streams } from './cuda/stream.ts';
import { unified } from './cuda/unified.ts';
import { version } from './cuda/version.ts';
import type { Row, SessionRow } from './dsl.ts';
import { handleKinds } from './handles.ts';
import { limits } from './limits.ts';
import { session } from './session.ts';

export interface Chapter {
    readonly file: string;
    readonly block: number;
    readonly rows: Readonly<Record<string, Row>>;
}

export interface Specification {
    readonly chapters: readonly Chapter[];
    readonly session: Readonly<Record<string, SessionRow>>;
    readonly limits: typeof limits;
    readonly handleKinds: typeof handleKinds;
}

export const specification: Specification = {
    chapters: [
        { file: 'version.ts', block: 0x01, rows: version },
        { file: 'device.ts', block: 0x02, rows: devices },
        { file: 'primary-context.ts', block: 0x03, rows: primaryContext },
        { file: 'context.ts', block: 0x04, rows: context },
        { file: 'module.ts', block: 0x05, rows: module },
        { file: 'library.ts', block: 0x06, rows: library },
        { file: 'memory.ts', block: 0x07, rows: memory },
        { file: 'copy.ts', block: 0x07, rows: copies },
        { file: 'copy-2d.ts', block: 0x08, rows: copies2d },
        { file: 'fill.ts', block: 0x08, rows: fills },
        { file: 'unified.ts', block: 0x09, rows: unified },
        { file: 'stream.ts', block: 0x0a, rows: streams },
        { file: 'event.ts', block: 0x0b, rows: events },
        { file: 'execution.ts', block: 0x0c, rows: execution },
        { file: 'occupancy.ts', block: 0x0d, rows: occupancy },
        { file: 'profiler.ts', block: 0x0e, rows: profiler },
        { file: 'entry.ts', block: 0x0f, rows: entry },
    ],
    session,
    limits,
    handleKinds,
};
