// How the programs of PolyBench, Rodinia and the code samples are built, started and judged. PolyBench
// compares with its own CPU version.
import { bodies } from './additions.ts';
import {
    program,
    sameSource,
    type Details,
    type Program,
    type Reference,
    type Size,
    type Verdict,
} from './program.ts';

const polybenchVerdict: Verdict = { atMost: [/Percent: (\S+)/g, 0] };
// Names that CUDA 13 took away, as their successors.
const oldNames = ['-DcudaThreadSynchronize=cudaDeviceSynchronize'];

// Two of the sizes have the names of parameters in CUDA's headers, so the sources are changed, not the flags.
const sizeLine = /(?<head># *define +(?:N[IJKLM]?|M|TMAX|NX|NY) +)\d+/g;

function polybenchAcc(path: string, size: number): Program {
    const name = path.split('/').at(-1) ?? '';
    return program('polybench-acc', name, polybenchVerdict, {
        folder: `CUDA/${path.split('/').slice(0, -1).join('/')}`,
        sources: [`${name}.cu`],
        needs: ['CUDA/utilities'],
        includes: ['CUDA/utilities'],
        flags: [...oldNames, '-Xcompiler=-fcommon', '-DMINI_DATASET'],
        sizes: [[`${name}.cuh`, sizeLine, `$<head>${String(size)}`]],
    });
}

function polybenchGpu(folder: string, name: string, size: number, ...sizes: Size[]): Program {
    return program('polybenchGpu', name, polybenchVerdict, {
        folder: `CUDA/${folder}`,
        sources: [`${name}.cu`],
        needs: ['common'],
        flags: [...oldNames, '-DMINI_DATASET'],
        sizes: [[`${name}.cuh`, sizeLine, `$<head>${String(size)}`], ...sizes],
    });
}

function codeSample(name: string, folder: string, verdict: Verdict, details: Details = {}): Program {
    const sources = details.sources ?? [`${name.split('__')[1] ?? ''}.cu`];
    return program('code-samples', name, verdict, { folder, ...details, sources });
}

function rodinia(name: string, folder: string, source: string, details: Details = {}): Program {
    return program('rodinia', name, {}, { folder, sources: [source], flags: oldNames, ...details });
}

const particleFilter = 'ex_particle_CUDA_float_seq.cu';

/** The version for the CPU that the suite has, of the same input. */
function openmp(folder: string, source: string): Reference {
    const flags = ['-std=gnu++14', '-fopenmp'];
    return { folder, sources: [source], flags, args: null, file: null, numbers: /(\d+\.\d+)/g, within: 1e-4 };
}

function nbody(name: string): Program {
    return program(
        'mini-nbody',
        name,
        {},
        {
            folder: 'cuda',
            sources: [`${name}.cu`],
            needs: ['timer.h'],
            includes: ['.'],
            flags: ['-DSHMOO'],
            args: '1024',
            reference: sameSource([`${name}.cu`], /body (\S+)/g, 1e-3),
            // After ten steps the last bit of a rounding decides where bodies are that met.
            sizes: [
                [`${name}.cu`, /nIters = 10/g, 'nIters = 2'],
                [`${name}.cu`, /free\(buf\);/g, `${bodies}  free(buf);`],
            ],
        },
    );
}

export const otherSuites: readonly Program[] = [
    polybenchAcc('linear-algebra/kernels/gemm/gemm', 64),
    polybenchAcc('linear-algebra/kernels/3mm/3mm', 64),
    polybenchAcc('datamining/correlation/correlation', 256),
    polybenchAcc('stencils/fdtd-2d/fdtd2d', 64),
    polybenchAcc('linear-algebra/kernels/gesummv/gesummv', 256),
    polybenchAcc('linear-algebra/solvers/lu/lu', 128),
    polybenchAcc('linear-algebra/kernels/syrk/syrk', 64),
    polybenchGpu('3MM', '3mm', 64),
    polybenchGpu('CORR', 'correlation', 256),
    polybenchGpu('GEMM', 'gemm', 64),
    polybenchGpu('GRAMSCHM', 'gramschmidt', 128),
    // Eight rows of threads would add to the same elements without atomics: one row.
    polybenchGpu('MVT', 'mvt', 256, ['mvt.cuh', /BLOCK_Y 8/g, 'BLOCK_Y 1']),
    program(
        'rodinia',
        'lud',
        { text: />>>Verify<<</, never: /dismatch/ },
        {
            folder: 'cuda/lud',
            sources: ['cuda/lud.cu', 'cuda/lud_kernel.cu', 'common/common.c'],
            includes: ['cuda/lud/common'],
            args: '-s 64 -v',
        },
    ),
    // The same seed and the same image each time; neither is in the source.
    rodinia('particlefilter__particlefilter_float', 'cuda/particlefilter', particleFilter, {
        args: '-x 32 -y 32 -z 4 -np 100',
        reference: sameSource([particleFilter], /[XY]E: (\S+)/g, 1e-5),
        sizes: [
            [particleFilter, /time\(0\) \* i/g, '12345 * i'],
            [particleFilter, /malloc\((?<size>sizeof \(unsigned char\) \* IszX)/g, 'calloc(1, $<size>'],
        ],
    }),
    // Its kernels read in front of the image and behind it, which ends in an error that it does not look at:
    // there are rows around the image here.
    rodinia('srad__srad', 'cuda/srad/srad_v2', 'srad.cu', {
        args: '64 64 0 31 0 31 0.5 2',
        needs: ['openmp/srad/srad_v2'],
        flags: [...oldNames, '-DOUTPUT'],
        sizes: [
            ['srad.cu', /sizeof\(float\)\* size_I\);/g, 'sizeof(float) * (size_I + 32 * cols));'],
            ['srad.cu', /(?<line>int block_x = )/g, 'J_cuda += 16 * cols; $<line>'],
            ['srad.cu', /(?<line>cudaMemcpy\(J, J_cuda.*)/g, '$<line> J_cuda -= 16 * cols;'],
        ],
        reference: {
            ...openmp('openmp/srad/srad_v2', 'srad.cpp'),
            args: '64 64 0 31 0 31 1 0.5 2'.split(' '),
            numbers: /(-?\d+\.\d{5}) /g,
        },
    }),
    rodinia('streamcluster', 'cuda/streamcluster', 'streamcluster_cuda_cpu.cpp', {
        sources: ['streamcluster_cuda_cpu.cpp', 'streamcluster_cuda.cu', 'streamcluster_header.cu'],
        args: '10 20 16 256 256 100 none output.txt 1',
        needs: ['openmp/streamcluster'],
        reference: {
            ...openmp('openmp/streamcluster', 'streamcluster_omp.cpp'),
            file: 'output.txt',
            numbers: /(\d+\.\d{6}) /g,
        },
    }),
    codeSample('mixed-precision__haxpy', 'posts/mixed-precision', {
        text: /^2\.0+\n3\.0+\n4\.0+\n[^]*\n100\.0+\n101\.0+\n/,
    }),
    codeSample('series__async', 'series/cuda-cpp/overlap-data-transfers', {
        atMost: [/max error: (\S+)/g, 1e-6],
    }),
    codeSample('series__finite-difference', 'series/cuda-cpp/finite-difference', {
        atMost: [/RMS error: (\S+)/g, 1e-4],
    }),
    codeSample('series__transpose', 'series/cuda-cpp/transpose', {
        text: /conflict-free transpose/,
        never: /FAILED/,
    }),
    codeSample('unified-memory__dataElem_um_c++_1', 'posts/unified-memory', {
        text: /On device: name=hello, value=10\nOn host: name=dello, value=11\n/,
    }),
    codeSample('series__bandwidthtest', 'series/cuda-cpp/optimize-data-transfers', {
        text: /Pinned transfers/,
        never: /failed/,
    }),
    nbody('nbody-block'),
    nbody('nbody-unroll'),
];
