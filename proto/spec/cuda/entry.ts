// Chapter "Driver Entry Point Access" and the export tables the runtime asks for: block 0x0f00.

import { call, i32, raw } from '../dsl.ts';

const source = 'CUDA Driver API: Driver Entry Point Access, Module Management';

export const entry = {
    cuGetProcAddress: call({
        id: 0x0f00,
        since: 11030,
        flow: { class: 'local', needs: 'nothing' },
        params: {
            symbol: raw('const char*'),
            pfn: raw('void**'),
            cudaVersion: i32,
            flags: raw('cuuint64_t'),
        },
        fails: { NOT_FOUND: 'no ABI of the name is as old as cudaVersion', INVALID_VALUE: 'a null pointer' },
        doc: 'The newest ABI of `symbol` not newer than `cudaVersion`; flags may ask for the twin.',
        source,
    }),
    cuGetProcAddress_v2: call({
        id: 0x0f01,
        since: 12000,
        flow: { class: 'local', needs: 'nothing' },
        params: {
            symbol: raw('const char*'),
            pfn: raw('void**'),
            cudaVersion: i32,
            flags: raw('cuuint64_t'),
            symbolStatus: raw('CUdriverProcAddressQueryResult*'),
        },
        fails: { NOT_FOUND: 'symbolStatus, when given, says why', INVALID_VALUE: 'a null pointer' },
        doc: 'As cuGetProcAddress; *symbolStatus (may be null) says whether name or version failed.',
        source,
    }),
    cuGetExportTable: call({
        id: 0x0f02,
        since: 3000,
        flow: { class: 'local', needs: 'nothing' },
        params: { ppExportTable: raw('const void**'), pExportTableId: raw('const CUuuid*') },
        fails: { INVALID_VALUE: 'a null pointer, or a table nobody has documented' },
        doc: "One of the private tables through which NVIDIA's runtime talks to the driver.",
        source: "observed behaviour of NVIDIA's runtime 13.0; undocumented",
    }),
    cuModuleGetLoadingMode: call({
        id: 0x0f03,
        since: 11070,
        flow: { class: 'local' },
        params: { mode: raw('CUmoduleLoadingMode*') },
        fails: { INVALID_VALUE: 'mode is null', NOT_INITIALIZED: 'cuInit has not been called' },
        doc: 'Lazy, unless CUDA_MODULE_LOADING=EAGER: what the environment of the guest says.',
        source,
    }),
} as const;
