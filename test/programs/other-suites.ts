// How the programs of PolyBench, Rodinia and the code samples are built, started and judged. PolyBench
// compares with its own CPU version.
import { program, type Details, type Program, type Verdict } from './program.ts';

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

function polybenchGpu(folder: string, name: string, size: number): Program {
    return program('polybenchGpu', name, polybenchVerdict, {
        folder: `CUDA/${folder}`,
        sources: [`${name}.cu`],
        needs: ['common'],
        flags: [...oldNames, '-DMINI_DATASET'],
        sizes: [[`${name}.cuh`, sizeLine, `$<head>${String(size)}`]],
    });
}

function codeSample(name: string, folder: string, verdict: Verdict, details: Details = {}): Program {
    const sources = details.sources ?? [`${name.split('__')[1] ?? ''}.cu`];
    return program('code-samples', name, verdict, { folder, ...details, sources });
}

function rodinia(name: string, folder: string, source: string, details: Details = {}): Program {
    const unjudged = 'contains no check and no CPU version';
    return program('rodinia', name, {}, { folder, sources: [source], unjudged, flags: oldNames, ...details });
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
            unjudged: 'prints times only',
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
    polybenchGpu('MVT', 'mvt', 256),
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
    rodinia('particlefilter__particlefilter_float', 'cuda/particlefilter', 'ex_particle_CUDA_float_seq.cu', {
        args: '-x 32 -y 32 -z 4 -np 100',
    }),
    rodinia('srad__srad', 'cuda/srad/srad_v2', 'srad.cu', { args: '64 64 0 31 0 31 0.5 2' }),
    rodinia('streamcluster', 'cuda/streamcluster', 'streamcluster_cuda_cpu.cpp', {
        sources: ['streamcluster_cuda_cpu.cpp', 'streamcluster_cuda.cu', 'streamcluster_header.cu'],
        args: '10 20 16 256 256 100 none output.txt 1',
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
