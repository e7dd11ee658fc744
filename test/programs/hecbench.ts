// How HeCBench's programs are built, started and judged, with sizes that a CPU executes in seconds.
import { codeSum, dots, fillBuffers, fillSource, readBack, readBiased } from './additions.ts';
import { also, program, sameSource, type Details, type Program, type Verdict } from './program.ts';

const passes: Verdict = { text: /\bPASS/, never: /\bFAIL/ };

function bench(name: string, args: string, verdict: Verdict = passes, details: Details = {}): Program {
    return program('hecbench', name, verdict, {
        folder: `src/${name}-cuda`,
        sources: ['main.cu'],
        args,
        ...details,
        flags: ['-std=c++17', ...(details.flags ?? [])],
    });
}

const relaxed = { flags: ['--expt-relaxed-constexpr'] };
const openmp = { flags: ['-Xcompiler=-fopenmp'] };
const crsSources = ['main.cu', 'galois.cu', 'jerasure.cu', 'GCRSMatrix.cu', 'utils.cu'];
const onlyTimes = 'prints times only and reads nothing back';

export const hecbench: readonly Program[] = [
    bench('chacha20', '1'),
    bench('bitonic-sort', '12 2'),
    bench('floydwarshall', '64 1 16'),
    also(bench('softmax', '64 128 0 1'), '64 128 1 1', passes),
    bench('scan', '65536 1'),
    bench('stencil1d', '65536 1', passes, { sources: ['stencil_1d.cu'] }),
    bench('scatterAdd', '1000 32 8 1'),
    bench('ace', '1', passes, { flags: ['-DVERIFY'], sizes: [['main.cu', /SIZE 400/g, 'SIZE 32']] }),
    bench(
        'addBiasQKV',
        '',
        {},
        {
            // Its buffers have no values and its result is not read back: both are added.
            reference: sameSource(['main.cu'], /biased (\S+)/g, 1e-4),
            sizes: [
                ['main.cu', /#include <cstdio>/g, '#include <cstdio>\n#include <vector>'],
                ['main.cu', /seq_len = 1024/g, 'seq_len = 4'],
                ['main.cu', /repeat = 1000/g, 'repeat = 1'],
                ['main.cu', /(?<line>cudaMalloc\(&oscale_inv, .*;)/g, `$<line>\n${fillBuffers}`],
                ['main.cu', /cudaFree\(qkv_buf\);/g, `${readBiased}  cudaFree(qkv_buf);`],
            ],
        },
    ),
    bench(
        'aligned-types',
        '',
        { text: /Test passed/, never: /failed/i },
        {
            sizes: [
                ['main.cu', /MEM_SIZE = 50000000/g, 'MEM_SIZE = 200000'],
                ['main.cu', /NUM_ITERATIONS = 1000/g, 'NUM_ITERATIONS = 1'],
            ],
        },
    ),
    bench(
        'ans',
        '1',
        { text: /Total elapsed time/, never: /mismatch/i },
        {
            sources: [
                'src/main.cu',
                'src/multians_gpu_decoder.cu',
                'src/ans_encoder.cc',
                'src/ans_table_generator.cc',
                'src/multians_codetable.cc',
                'src/multians_input_buffer.cc',
                'src/multians_output_buffer.cc',
                'src/multians_util.cc',
            ],
            includes: ['src/ans-cuda/include'],
        },
    ),
    bench('asmooth', '128 100 9 1'),
    // Without fused multiplication and addition the device rounds as the reference on the CPU does.
    bench(
        'atan2',
        '10000 1',
        { atMost: [/RMSE: (\S+)/g, 0] },
        { flags: ['--expt-relaxed-constexpr', '--fmad=false'] },
    ),
    bench('atomicCost', '1 1', passes, { sizes: [['main.cu', /922521600/g, '921600']] }),
    bench('atomicSystemWide', '10', { text: /completed, returned OK/ }),
    bench('attentionMergeState', '16 4 64 1', passes, relaxed),
    bench('backprop', '256', passes, {
        sources: ['backprop.cu', 'facetrain.cu', 'imagenet.cu', 'main.cu'],
    }),
    bench('bincount', '20000 1'),
    bench(
        'black-scholes',
        '1',
        {
            same: [/prices on GPU: (\d+\.\d)/, /prices on CPU: (\d+\.\d)/],
        },
        {
            sources: ['blackScholesAnalyticEngine.cu'],
            sizes: [['blackScholesAnalyticEngine.cu', /50000000/g, '20000']],
        },
    ),
    bench('bscan', '1', passes, { sizes: [['main.cu', /12\*7\*8\*9\*10/g, '12']] }),
    bench('bwt', '2000', passes, { sources: ['main.cpp', 'bwt.cu'] }),
    bench('channelShuffle', '2 16 16 1', { text: /channel shuffle \(NCHW\)/, never: /fail/i }, openmp),
    // Repeated, its results become NaNs, which its check takes for right; and it wants the CPU's roundings.
    bench('chemv', '', passes, {
        sources: ['kernel.cu', 'main.cu'],
        flags: ['--fmad=false'],
        sizes: [['main.cu', /REPEAT 1000/g, 'REPEAT 1']],
    }),
    bench('colorwheel', '10 64 1'),
    bench('concat', '1', passes, { ...openmp, sizes: [['main.cu', /seq_len = 1024/g, 'seq_len = 16']] }),
    // Its sources have no values and its results are not read back: both are added.
    bench(
        'conversion',
        '10000 1',
        { text: /uchar -> uchar/ },
        {
            reference: sameSource(['main.cu'], /converted (\S+)/g, 1e-9),
            sizes: [
                ['main.cu', /#include <cstdio>/g, '#include <cstdio>\n#include <vector>'],
                ['main.cu', /(?<line>const int ls = )/g, `${fillSource}  $<line>`],
                ['main.cu', /cudaFree\(src\);/g, `${readBack}  cudaFree(src);`],
            ],
        },
    ),
    bench(
        'crs',
        '1 1',
        { text: /Total encoding time/ },
        {
            sources: crsSources,
            reference: sameSource(crsSources, /code (\d+)/g, 0),
            sizes: [
                ['main.cu', /workSize \* 1024 \* 1024/g, 'workSize * 16 * 1024'],
                ['main.cu', /cudaFree\(d_data\);/g, `${codeSum}    cudaFree(d_data);`],
            ],
        },
    ),
    bench('dense-embedding', '1000 16 1'),
    bench('dispatch', '', {}, { unjudged: onlyTimes }),
    bench(
        'doh',
        '48 64 1',
        {},
        {
            flags: ['--fmad=false'],
            reference: sameSource(['main.cu'], /Kernel checksum: (\S+)/g, 1e-6),
        },
    ),
    bench(
        'dwconv',
        '2 4 32 32 1',
        {},
        {
            needs: ['src/tensorAccessor-cuda'],
            includes: ['src/tensorAccessor-cuda'],
            reference: sameSource(['main.cu'], /Checksum = (\S+)/g, 1e-5),
        },
    ),
    bench('epistasis', '64 128 1'),
    bench(
        'extrema',
        '1',
        { text: /Total kernel execution time/, never: /FAILED/ },
        {
            sizes: [
                ['main.cu', /\(1000000,/g, '(4000,'],
                ['main.cu', /\(1000, 1000,/g, '(64, 64,'],
            ],
        },
    ),
    bench('f8cast', '65536 1'),
    bench(
        'feynman-kac',
        '1',
        { atMost: [/RMS absolute error in solution = (\S+)/g, 0.1] },
        {
            sizes: [
                ['main.cu', /int N = 1000/g, 'int N = 20'],
                ['main.cu', /nj = 128/g, 'nj = 8'],
            ],
        },
    ),
    bench('fpc', '256 1'),
    bench('ga', '10000 100 11 1'),
    bench('gaussian', '-q -t -s 64', passes, { sources: ['gaussianElim.cu', 'utils.cu'] }),
    bench('geglu', '1', passes, {
        sizes: [
            ['main.cu', /shape = 128; shape <= 512/g, 'shape = 16; shape <= 32'],
            ['main.cu', /batch <= 16; batch/g, 'batch <= 1; batch'],
            ['main.cu', /shape = 4096; shape <= 8192/g, 'shape = 16; shape <= 16'],
        ],
    }),
    bench('glu', '3 32 1'),
    bench('gpp', 'test', { text: /Test result: SUCCESS/ }),
    bench('gru', '64 64 1'),
    bench('hausdorff', '1000 1000 1', passes, relaxed),
    bench('heat', '64 10', { atMost: [/Error \(L2norm\): (\S+)/g, 1e-3] }, { sources: ['heat.cu'] }),
    bench(
        'hmm',
        '',
        { text: /Success/, never: /Fail/ },
        {
            sources: ['HiddenMarkovModel.cu', 'ViterbiCPU.cu', 'ViterbiGPU.cu'],
            sizes: [
                ['HiddenMarkovModel.cu', /= 4096/g, '= 256'],
                ['HiddenMarkovModel.cu', /nObs = 250/g, 'nObs = 20'],
            ],
        },
    ),
    bench(
        'hypterm',
        '1',
        { atMost: [/RMS Error : (\S+)/g, 1e-8] },
        {
            sources: ['main.cpp', 'reference.cpp', 'kernels.cu'],
            sizes: [['utils.h', /D 308/g, 'D 40']],
        },
    ),
    bench('is', '256 256 256'),
    bench('keccaktreehash', '', passes, {
        sources: ['KeccakF.cu', 'KeccakTreeCPU.cu', 'KeccakTreeGPU.cu', 'Test.cu', 'main.cu'],
        sizes: [
            ['Test.cu', /IMAX 8/g, 'IMAX 1'],
            ['KeccakTree.h', /NB_INPUT_BLOCK 1024/g, 'NB_INPUT_BLOCK 64'],
        ],
    }),
    bench('adam', '1000 2 1'),
    bench('addBiasResidualLayerNorm', '1', passes, {
        ...openmp,
        sizes: [
            ['main.cu', /m = 4096/g, 'm = 4'],
            ['main.cu', /i < 100;/g, 'i < 2;'],
        ],
    }),
    bench('affine', 'data/CT-MONO2-16-brain.raw result.raw 1', { atMost: [/Max output error is (\S+)/g, 1] }),
    bench(
        'assert',
        '',
        { text: /Test assert completed, returned OK/ },
        { sizes: [['main.cu', /Nblocks = 1000/g, 'Nblocks = 4']] },
    ),
    bench('atomicAggregate', '1'),
    bench('atomicPerf', '1'),
    bench(
        'babelstream',
        '-s 32768 -n 2',
        { text: /Triad/ },
        {
            reference: sameSource(['main.cu'], /dot (\S+)/g, 1e-9),
            sizes: [
                ['main.cu', /#include <iostream>/g, '#include <iostream>\n#include <sstream>'],
                ['main.cu', /cudaFree\(da\);/g, `${dots}  cudaFree(da);`],
            ],
        },
    ),
    bench('base64e', '', passes, {
        sizes: [
            ['main.cu', /BASE_ARRAY_LENGTH 33554432/g, 'BASE_ARRAY_LENGTH 50000'],
            ['main.cu', /uiTestCycle = 100/g, 'uiTestCycle = 2'],
        ],
    }),
    bench(
        'binomial',
        '',
        { text: /Test passed/ },
        {
            sources: ['kernel.cu', 'main.cu', 'reference.cu'],
            sizes: [
                ['binomialOptions.h', /MAX_OPTIONS 1024/g, 'MAX_OPTIONS 4'],
                ['binomialOptions.h', /NUM_ITERATIONS 1000/g, 'NUM_ITERATIONS 1'],
            ],
        },
    ),
    bench('bitpacking', '', passes, {
        sources: ['main.cu', 'kernels.cu', 'utils.cu'],
        sizes: [['main.cu', /872163, 100000001/g, '100001']],
    }),
    bench('blockAccess', '64 64 1'),
    bench('bsearch', '4096 1', { text: /bs4/, never: /incorrect/ }, { flags: ['-DDEBUG'] }),
    // Its pool of nodes takes 4 GB and is set to zero.
    bench('btree', '2000 2000', passes, {
        sizes: [['allocator/pool_allocator.cuh', /1 << 25/g, '1 << 16']],
    }),
    bench(
        'car',
        '1',
        { atMost: [/RMSE: (\S+)/g, 1e-2] },
        {
            flags: ['--fmad=false'],
            sizes: [['main.cu', /\{128, 3, 480, 640, 9, 1024, 1024\}/g, '{1, 3, 48, 64, 9, 128, 128}']],
        },
    ),
    bench('chi2', '200 2048 100 100 64 1', passes, { sources: ['chi2.cu'] }),
];
