// The whole specification in one value: what proto/gen reads.

import { arrays } from './cuda/array.ts';
import { captures } from './cuda/capture.ts';
import { context } from './cuda/context.ts';
import { copies } from './cuda/copy.ts';
import { copies2d } from './cuda/copy-2d.ts';
import { copies3d } from './cuda/copy-3d.ts';
import { devices } from './cuda/device.ts';
import { entry } from './cuda/entry.ts';
import { events } from './cuda/event.ts';
import { execution } from './cuda/execution.ts';
import { fills } from './cuda/fill.ts';
import { graphs } from './cuda/graph.ts';
import { graphExecs } from './cuda/graph-exec.ts';
import { graphNodes } from './cuda/graph-node.ts';
import { olderGraphs } from './cuda/graph-older.ts';
import { ipc } from './cuda/ipc.ts';
import { library } from './cuda/library.ts';
import { links } from './cuda/link.ts';
import { managed } from './cuda/managed.ts';
import { memory } from './cuda/memory.ts';
import { module } from './cuda/module.ts';
import { occupancy } from './cuda/occupancy.ts';
import { pools } from './cuda/pool.ts';
import { primaryContext } from './cuda/primary-context.ts';
import { profiler } from './cuda/profiler.ts';
import { streams } from './cuda/stream.ts';
import { textures } from './cuda/texture.ts';
import { unified } from './cuda/unified.ts';
import { version } from './cuda/version.ts';
import { virtualMemory } from './cuda/virtual.ts';
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
        { file: 'array.ts', block: 0x10, rows: arrays },
        { file: 'copy-3d.ts', block: 0x11, rows: copies3d },
        { file: 'texture.ts', block: 0x12, rows: textures },
        { file: 'pool.ts', block: 0x13, rows: pools },
        { file: 'managed.ts', block: 0x14, rows: managed },
        { file: 'virtual.ts', block: 0x15, rows: virtualMemory },
        { file: 'ipc.ts', block: 0x16, rows: ipc },
        { file: 'graph.ts', block: 0x17, rows: graphs },
        { file: 'graph-node.ts', block: 0x18, rows: graphNodes },
        { file: 'graph-exec.ts', block: 0x19, rows: graphExecs },
        { file: 'capture.ts', block: 0x1a, rows: captures },
        { file: 'link.ts', block: 0x1b, rows: links },
        { file: 'graph-older.ts', block: 0x1c, rows: olderGraphs },
    ],
    session,
    limits,
    handleKinds,
};
