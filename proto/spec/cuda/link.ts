// Chapter "Module Management, linker": block 0x1b00.
// Rows of class `device`: the software device has them and the shim does not. A call that crosses gets a row
// with its wire form instead.

import { deviceRows } from '../dsl.ts';

const row = deviceRows('CUDA Driver API: Module Management, linker');

export const links = {
    cuLinkCreate_v2: row(
        0x1b00,
        6050,
        {
            numOptions: 'unsigned int',
            options: 'CUjit_option*',
            optionValues: 'void**',
            stateOut: 'CUlinkState*',
        },
        'Begins a link; options as for loading a module.',
    ),
    cuLinkAddData_v2: row(
        0x1b01,
        6050,
        {
            state: 'CUlinkState',
            type: 'CUjitInputType',
            data: 'void*',
            size: 'size_t',
            name: 'const char*',
            numOptions: 'unsigned int',
            options: 'CUjit_option*',
            optionValues: 'void**',
        },
        'Adds an image or a text to a link.',
    ),
    cuLinkAddFile_v2: row(
        0x1b02,
        6050,
        {
            state: 'CUlinkState',
            type: 'CUjitInputType',
            path: 'const char*',
            numOptions: 'unsigned int',
            options: 'CUjit_option*',
            optionValues: 'void**',
        },
        'Adds a file to a link.',
    ),
    cuLinkComplete: row(
        0x1b03,
        5050,
        { state: 'CUlinkState', cubinOut: 'void**', sizeOut: 'size_t*' },
        'Links; the image belongs to the link.',
    ),
    cuLinkDestroy: row(0x1b04, 5050, { state: 'CUlinkState' }, 'Ends a link and its image.'),
} as const;
