// Finds NVIDIA's compiler, or fetches it from PyPI into build/cuda-toolkit. Used by the demo and by the
// tests' guests; the build itself needs no toolkit. Nothing of it is ever committed or shipped.
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { root, say, step, StepError } from './steps.mjs';
import { installSystemPackages } from './setup.mjs';

// One version for all: the compiler, its back end and the runtime's headers must agree.
const version = '13.0.*';
const wheels = [
    'nvidia-cuda-nvcc',
    'nvidia-nvvm',
    'nvidia-cuda-crt',
    'nvidia-cuda-runtime',
    'nvidia-cuda-cccl',
    'nvidia-cuda-culibos',
];

const folder = join(root, 'build', 'cuda-toolkit');
const fetched = join(folder, 'nvidia', 'cu13');

function works(nvcc) {
    return spawnSync(nvcc, ['--version'], { stdio: 'ignore' }).status === 0;
}

function installedNvcc() {
    const named = process.env.NVCC ? [process.env.NVCC] : [];
    return [...named, 'nvcc', '/usr/local/cuda/bin/nvcc', join(fetched, 'bin', 'nvcc')].find(works);
}

async function fetchToolkit() {
    const hasPip = spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
    if (!hasPip) {
        await installSystemPackages(['python3', 'python3-pip']);
    }
    rmSync(folder, { recursive: true, force: true });
    const names = wheels.map((name) => `${name}==${version}`);
    const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--target', folder];
    await step('fetch-nvcc', 'python3', ['-m', 'pip', 'install', ...flags, ...names]);
    // Wheels hold no symbolic links, and the compiler's own profile looks for libraries in lib64.
    symlinkSync('lib', join(fetched, 'lib64'));
    symlinkSync('libcudart.so.13', join(fetched, 'lib', 'libcudart.so'));
    return join(fetched, 'bin', 'nvcc');
}

/** Path of a working nvcc, or null with a line that says why there is none. */
export async function findNvcc() {
    const found = installedNvcc();
    if (found !== undefined) {
        return found;
    }
    say(
        'no nvcc here: fetching the compiler and runtime of NVIDIA (270 MB unpacked) into build/cuda-toolkit',
    );
    try {
        const nvcc = await fetchToolkit();
        if (works(nvcc)) {
            return nvcc;
        }
        say('  --    the fetched nvcc does not run');
    } catch (error) {
        if (!(error instanceof StepError)) {
            throw error;
        }
        say(`  --    ${error.message.split('\n')[0]}`);
    }
    return null;
}

/**
 * Compiles one .cu file to a program with the static runtime and PTX only, so that any device has to
 * compile it.
 */
export async function compileGuest(nvcc, source, product, extra = []) {
    const flags = ['-O2', '-std=c++17', '-arch=compute_75', '-code=compute_75', ...extra];
    const name = `nvcc-${product.split('/').pop()}`;
    await step(name, nvcc, [...flags, '-o', product, source]);
}

/** Compiles a program that uses the driver API and PTX of its own, for which any C++ compiler will do. */
export async function compileDriverGuest(source, product) {
    await step(`c++-${product.split('/').pop()}`, 'c++', [
        '-O2',
        '-std=c++20',
        '-o',
        product,
        source,
        '-ldl',
    ]);
}
