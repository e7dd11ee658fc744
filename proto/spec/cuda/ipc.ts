// Chapter "Memory Management, inter-process": block 0x1600.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Memory Management, inter-process');

export const ipc = {
    cuIpcGetMemHandle: row(
        0x1600,
        4010,
        { pHandle: 'CUipcMemHandle*', dptr: 'CUdeviceptr' },
        '64 bytes by which another process gets an allocation.',
    ),
    cuIpcOpenMemHandle_v2: row(
        0x1601,
        11000,
        { pdptr: 'CUdeviceptr*', handle: 'CUipcMemHandle', Flags: 'unsigned int' },
        'An address of the allocation of another process.',
    ),
    cuIpcCloseMemHandle: row(0x1602, 4010, { dptr: 'CUdeviceptr' }, 'Ends cuIpcOpenMemHandle.'),
    cuIpcGetEventHandle: row(
        0x1603,
        4010,
        { pHandle: 'CUipcEventHandle*', event: 'CUevent' },
        '64 bytes by which another process gets an event.',
    ),
    cuIpcOpenEventHandle: row(
        0x1604,
        4010,
        { phEvent: 'CUevent*', handle: 'CUipcEventHandle' },
        'The event of another process.',
    ),
} as const;
