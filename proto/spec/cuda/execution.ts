// Chapter "Execution Control", launches: block 0x0c00. All of them send the record of cuLaunchKernel.

import { call, field, handle, raw, u32 } from '../dsl.ts';

const source = 'CUDA Driver API: Execution Control';
const launchFails = {
    INVALID_VALUE: 'a zero or too large dimension, or no arguments where some are needed (at once)',
    INVALID_HANDLE: 'not a function, a kernel or a stream (at once)',
    LAUNCH_OUT_OF_RESOURCES: 'too many registers or too much shared memory (next synchronise)',
    ILLEGAL_ADDRESS: 'a fault on the device (sticky)',
};
const dimensions = {
    gridDimX: u32,
    gridDimY: u32,
    gridDimZ: u32,
    blockDimX: u32,
    blockDimY: u32,
    blockDimZ: u32,
    sharedMemBytes: u32,
} as const;

export const execution = {
    cuLaunchKernel: call({
        id: 0x0c00,
        since: 4000,
        twin: 'ptsz',
        flow: { class: 'async', order: 'hStream', error: 'sticky' },
        params: {
            f: handle('function'),
            ...dimensions,
            hStream: handle('stream'),
            kernelParams: raw('void**'),
            extra: raw('void**'),
        },
        hand: 'both',
        wire: {
            request: {
                f: field.handle('any'),
                gridDimX: field.u32,
                gridDimY: field.u32,
                gridDimZ: field.u32,
                blockDimX: field.u32,
                blockDimY: field.u32,
                blockDimZ: field.u32,
                sharedMemBytes: field.u32,
                hStream: field.handle('stream'),
                flags: field.u32,
                params: field.bytes('kernelParameterBytes'),
            },
        },
        charge: { quota: 'launches', by: 1 },
        driver: 'required',
        fails: launchFails,
        doc: 'Arguments are packed by the layout learnt when the image was loaded; flags bit 0: cooperative.',
        source,
    }),
    cuLaunchKernelEx: call({
        id: 0x0c01,
        since: 11060,
        twin: 'ptsz',
        flow: { class: 'async', error: 'sticky' },
        params: {
            config: raw('const CUlaunchConfig*'),
            f: handle('function'),
            kernelParams: raw('void**'),
            extra: raw('void**'),
        },
        hand: 'guest',
        sends: ['cuLaunchKernel'],
        fails: { ...launchFails, NOT_SUPPORTED: 'an attribute that changes what the kernel computes' },
        doc: 'As cuLaunchKernel; of the attributes, cooperative is forwarded and hints are dropped.',
        source,
    }),
    cuLaunchCooperativeKernel: call({
        id: 0x0c02,
        since: 9000,
        twin: 'ptsz',
        flow: { class: 'async', order: 'hStream', error: 'sticky' },
        params: {
            f: handle('function'),
            ...dimensions,
            hStream: handle('stream'),
            kernelParams: raw('void**'),
        },
        hand: 'guest',
        sends: ['cuLaunchKernel'],
        fails: {
            ...launchFails,
            COOPERATIVE_LAUNCH_TOO_LARGE: 'the grid does not fit the device (next synchronise)',
        },
        doc: 'As cuLaunchKernel, with blocks that may wait for one another.',
        source,
    }),
    cuLaunchHostFunc: call({
        id: 0x0c03,
        since: 10000,
        twin: 'ptsz',
        flow: { class: 'async', order: 'hStream', error: 'nextSync' },
        params: { hStream: handle('stream'), fn: raw('CUhostFn'), userData: raw('void*') },
        hand: 'both',
        wire: {
            request: {
                stream: field.handle('stream'),
                function: field.u64,
                argument: field.u64,
                kind: field.u32,
            },
        },
        fails: { INVALID_HANDLE: 'not a stream', INVALID_VALUE: 'fn is null' },
        doc: 'Runs a function in the guest in stream order; kind 0 is this call, 1 cuStreamAddCallback.',
        source,
    }),
} as const;
