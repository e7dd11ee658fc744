// How the programs of the CUDA samples are built, started and judged. Sizes are reduced where a program takes
// them.
import { program, type Details, type Program, type Verdict } from './program.ts';

const introduction = 'Samples/0_Introduction';
const concepts = 'Samples/2_Concepts_and_Techniques';
const features = 'Samples/3_CUDA_Features';
const noFailure = /\bfail|error|mismatch|\*\*\*/i;

function sample(group: string, name: string, verdict: Verdict, details: Details = {}): Program {
    return program('cuda-samples', name, verdict, {
        folder: `${group}/${name}`,
        sources: [`${name}.cu`],
        ...details,
        needs: ['Common', ...(details.needs ?? [])],
        includes: ['Common', ...(details.includes ?? [])],
        flags: ['-std=c++17', '--extended-lambda', ...(details.flags ?? [])],
    });
}

export const cudaSamples: readonly Program[] = [
    sample(introduction, 'vectorAdd', { text: /Test PASSED/ }),
    sample(introduction, 'simplePrintf', { text: /Value is:10/g, count: 32 }),
    sample(introduction, 'simpleTemplates', { text: /Test Results: 0 Failures/ }),
    sample(
        introduction,
        'simpleAtomicIntrinsics',
        { text: /completed, returned OK/ },
        { sources: ['simpleAtomicIntrinsics.cu', 'simpleAtomicIntrinsics_cpu.cpp'] },
    ),
    sample(introduction, 'simpleVoteIntrinsics', { text: /\bOK\b/g, count: 3 }),
    sample(introduction, 'simpleCooperativeGroups', {
        text: /of these threads .* is 120 \(expected 120\)|is 120 \(expected 120\)/,
        never: noFailure,
    }),
    sample(introduction, 'simpleAssert', { text: /completed, returned OK/ }),
    sample(introduction, 'simpleCubemapTexture', { text: /Comparing kernel output/, never: noFailure }),
    sample(
        introduction,
        'simpleCallback',
        { text: /workloads finished:\s+Success/ },
        { sources: ['simpleCallback.cu', 'multithreading.cpp'] },
    ),
    sample(introduction, 'simpleZeroCopy', { text: /Checking the results/, never: /fail/i }),
    sample(
        concepts,
        'scalarProd',
        { text: /Test passed/ },
        { sources: ['scalarProd.cu', 'scalarProd_cpu.cpp'] },
    ),
    sample('Samples/6_Performance', 'transpose', { text: /Test passed/ }, { args: '-dimX=64 -dimY=64' }),
    sample(features, 'newdelete', { text: /Test Summary: 3\/3/ }),
    sample(
        introduction,
        'vectorAddDrv',
        { text: /Result = PASS/ },
        {
            sources: ['vectorAddDrv.cpp'],
            flags: ['-lcuda'],
            fatbin: ['vectorAdd_kernel.cu', 'vectorAdd_kernel64.fatbin'],
        },
    ),
    sample(concepts, 'streamOrderedAllocation', { text: /PASSED/g, count: 2 }),
    sample(introduction, 'matrixMul', { text: /Result = PASS/ }, { args: '-wA=32 -hA=32 -wB=32 -hB=32' }),
    sample(introduction, 'asyncAPI', { text: /CPU executed/, never: /Error!/ }),
    sample(
        features,
        'cdpSimplePrint',
        { text: /BLOCK \d+ launched by/g, count: 10 },
        { flags: ['-rdc=true', '-lcudadevrt'] },
    ),
    sample('Samples/1_Utilities', 'deviceQuery', { text: /Result = PASS/ }, { sources: ['deviceQuery.cpp'] }),
    sample(introduction, 'fp16ScalarProduct', { text: /fp16ScalarProduct PASSED/ }),
    sample(
        concepts,
        'interval',
        { text: /Found 2 intervals/ },
        {
            includes: [`${concepts}/interval`],
            sizes: [['interval.h', /GRID_SIZE {4}= 1024/g, 'GRID_SIZE = 4']],
        },
    ),
    sample(
        introduction,
        'simpleDrvRuntime',
        { text: /Result = PASS/ },
        {
            sources: ['simpleDrvRuntime.cpp'],
            flags: ['-lcuda'],
            fatbin: ['vectorAdd_kernel.cu', 'vectorAdd_kernel64.fatbin'],
        },
    ),
    sample(introduction, 'simpleMultiCopy', { text: /Test passed|PASSED|throughput/i, never: /FAILED/ }),
    sample(
        introduction,
        'simpleTextureDrv',
        { text: /Comparing files/, never: noFailure },
        {
            sources: ['simpleTextureDrv.cpp'],
            flags: ['-lcuda'],
            fatbin: ['simpleTexture_kernel.cu', 'simpleTexture_kernel64.fatbin'],
        },
    ),
    sample(
        introduction,
        'template',
        { text: /Processing time/, never: noFailure },
        { sources: ['template.cu', 'template_cpu.cpp'] },
    ),
    sample(
        introduction,
        'vectorAddMMAP',
        { text: /Result = PASS/ },
        {
            sources: ['vectorAddMMAP.cpp', 'multidevicealloc_memmap.cpp'],
            flags: ['-lcuda'],
            fatbin: ['vectorAdd_kernel.cu', 'vectorAdd_kernel64.fatbin'],
        },
    ),
    sample(
        features,
        'cdpSimpleQuicksort',
        { text: /Validating results: OK/ },
        { flags: ['-rdc=true', '-lcudadevrt'] },
    ),
    sample(
        concepts,
        'convolutionSeparable',
        { text: /Test passed/ },
        { sources: ['convolutionSeparable.cu', 'convolutionSeparable_gold.cpp', 'main.cpp'] },
    ),
    sample(
        'Samples/1_Utilities',
        'deviceQueryDrv',
        { text: /Result = PASS/ },
        { sources: ['deviceQueryDrv.cpp'], flags: ['-lcuda'] },
    ),
    sample(
        concepts,
        'histogram',
        { text: /Test passed/, never: /Test failed/ },
        {
            sources: ['histogram256.cu', 'histogram64.cu', 'histogram_gold.cpp', 'main.cpp'],
            sizes: [['main.cpp', /64 \* 1048576/g, '1048576']],
        },
    ),
    sample(
        features,
        'jacobiCudaGraphs',
        { text: /jacobiCudaGraphs PASSED/ },
        { sources: ['jacobi.cu', 'main.cpp'], sizes: [['jacobi.h', /N_ROWS 512/g, 'N_ROWS 256']] },
    ),
    sample(
        introduction,
        'mergeSort',
        { text: /Inspecting the results/, never: noFailure },
        {
            sources: [
                'bitonic.cu',
                'main.cpp',
                'mergeSort.cu',
                'mergeSort_host.cpp',
                'mergeSort_validate.cpp',
            ],
        },
    ),
    sample(
        concepts,
        'scan',
        { text: /Results Match/, never: /DON'T Match/ },
        {
            sources: ['main.cpp', 'scan.cu', 'scan_gold.cpp'],
            sizes: [
                ['main.cpp', /13 \* 1048576 \/ 2/g, '262144'],
                ['main.cpp', /iCycles = 100/g, 'iCycles = 1'],
            ],
        },
    ),
    sample(
        introduction,
        'simpleAttributes',
        { text: /Processing time/, never: noFailure },
        {
            unjudged: 'its kernel races by design: only its calls can be judged',
            sizes: [
                ['simpleAttributes.cu', /deviceProp\.maxGridSize\[1\], 1/g, '16, 1'],
                ['simpleAttributes.cu', /0xAFFFF/g, '0xAFF'],
            ],
        },
    ),
    sample(introduction, 'simpleHyperQ', { text: /Measured time/, never: noFailure }),
    sample(introduction, 'simpleMultiGPU', { atMost: [/Relative difference: (\S+)/g, 1e-5] }),
    sample(
        concepts,
        'streamOrderedAllocationIPC',
        { text: /Process 0 complete!/, never: noFailure },
        {
            sources: ['streamOrderedAllocationIPC.cu', '../../../Common/helper_multiprocess.cpp'],
            flags: ['-lcuda'],
            onlyDirect: 'memory is shared between processes',
        },
    ),
    sample(
        concepts,
        'threadMigration',
        { text: /ThreadProc\(\) Finished/, never: noFailure },
        {
            sources: ['threadMigration.cpp'],
            flags: ['-lcuda'],
            fatbin: ['threadMigration_kernel.cu', 'threadMigration_kernel64.fatbin'],
        },
    ),
];
