// Chapter "Profiler Control": block 0x0e00. Profilers attach to the host; the guest has nothing to switch.

import { call } from '../dsl.ts';

const source = 'CUDA Driver API: Profiler Control';

export const profiler = {
    cuProfilerStart: call({
        id: 0x0e00,
        since: 4000,
        flow: { class: 'local' },
        params: {},
        fails: { INVALID_CONTEXT: 'no context is current' },
        doc: 'Without effect: there is no profiler in the guest.',
        source,
    }),
    cuProfilerStop: call({
        id: 0x0e01,
        since: 4000,
        flow: { class: 'local' },
        params: {},
        fails: { INVALID_CONTEXT: 'no context is current' },
        doc: 'Without effect: there is no profiler in the guest.',
        source,
    }),
} as const;
