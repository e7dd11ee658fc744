// Chapters "Error Handling", "Initialization", "Version Management": block 0x0100.

import { call, enumOf, raw, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Error Handling, Initialization, Version Management';

export const version = {
    cuInit: call({
        id: 0x0100,
        since: 2000,
        flow: { class: 'local', needs: 'nothing' },
        params: { Flags: u32 },
        driver: 'required',
        fails: {
            INVALID_VALUE: 'Flags is not 0',
            NO_DEVICE: 'no daemon answers, or the host has no device',
            NOT_INITIALIZED: 'the process is the child of a fork after initialisation',
        },
        doc: 'Opens the session: connects, attaches, takes the snapshot. Later calls answer the same.',
        source,
    }),
    cuDriverGetVersion: call({
        id: 0x0101,
        since: 2020,
        flow: { class: 'local', needs: 'nothing' },
        params: { driverVersion: raw('int*') },
        driver: 'required',
        fails: { INVALID_VALUE: 'driverVersion is null' },
        doc: "The version the host's driver reports, 1000 * major + 10 * minor; works before cuInit.",
        source,
    }),
    cuGetErrorString: call({
        id: 0x0102,
        since: 6000,
        flow: { class: 'local', needs: 'nothing' },
        params: { error: enumOf('CUresult'), pStr: raw('const char**') },
        fails: { INVALID_VALUE: 'no such code; *pStr is then null' },
        doc: 'The text of a code, from cudart/errors.h; the string lives as long as the process.',
        source,
    }),
    cuGetErrorName: call({
        id: 0x0103,
        since: 6000,
        flow: { class: 'local', needs: 'nothing' },
        params: { error: enumOf('CUresult'), pStr: raw('const char**') },
        fails: { INVALID_VALUE: 'no such code; *pStr is then null' },
        doc: 'The enumerator of a code, from cudart/errors.h; the string lives as long as the process.',
        source,
    }),
} as const;
