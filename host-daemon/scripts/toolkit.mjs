// Finds NVIDIA's compiler, or fetches it from PyPI into build/cuda-toolkit. Used by the demo and by the
// tests' guests; the build itself needs no toolkit. Nothing of it is ever committed or shipped.
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { root, say, step, StepError } from './steps.mjs';
import { installSystemPackages } from './setup.mjs';

// One version for all: the compiler, its back end and the runtime's headers must agree.
const version = '13.0.*';
const wheels = [
    'nvidia-cuda-nvcc',
    'nvidia-nvvm',
    'nvidia-cuda-crt',
    'nvidia-cuda-runtime',
    // A header that only the proof of the ABI reads.
    'nvidia-cuda-profiler-api',
    'nvidia-cuda-cccl',
    'nvidia-cuda-culibos',
];

const folder = join(root, 'build', 'cuda-toolkit');
const toolkitOf = (target) => join(target, 'nvidia', 'cu13');
const fetchedNvcc = join(toolkitOf(folder), 'bin', 'nvcc');
const pipPackages = ['python3', 'python3-pip'];

function works(nvcc) {
    return spawnSync(nvcc, ['--version'], { stdio: 'ignore' }).status === 0;
}

function fullPath(command) {
    return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { encoding: 'utf8' }).stdout.trim();
}

function installedNvcc() {
    const named = process.env.NVCC ? [process.env.NVCC] : [];
    const found = [...named, 'nvcc', '/usr/local/cuda/bin/nvcc', fetchedNvcc].find(works);
    return found === undefined ? undefined : fullPath(found);
}

function hasPip() {
    return spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
}

/** The packages that fetching nvcc will need, for ensureSetUp; none where there is an nvcc, or pip. */
export function packagesToFetchNvcc() {
    return installedNvcc() !== undefined || hasPip() ? [] : pipPackages;
}

async function fetchToolkit() {
    // Moved into place when it is whole: a fetch that was interrupted must not look like a toolkit.
    const unfinished = `${folder}.new`;
    rmSync(unfinished, { recursive: true, force: true });
    const names = wheels.map((name) => `${name}==${version}`);
    const patience = ['--retries', '2', '--timeout', '15'];
    const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    const flags = [...quiet, ...patience, '--no-deps', '--only-binary', ':all:', '--target', unfinished];
    await step('fetch-nvcc', 'python3', ['-m', 'pip', 'install', ...flags, ...names], { tailLines: 0 });
    // Wheels hold no symbolic links, and the compiler's own profile looks for libraries in lib64.
    symlinkSync('lib', join(toolkitOf(unfinished), 'lib64'));
    symlinkSync('libcudart.so.13', join(toolkitOf(unfinished), 'lib', 'libcudart.so'));
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
}

/** Why `work` failed, or null when it did not. */
async function failureOf(work) {
    try {
        await work();
        return null;
    } catch (error) {
        if (error instanceof StepError) {
            return error.message;
        }
        throw error;
    }
}

/**
 * `{ path }` of a working nvcc, fetched if need be, or `{ reason }` why there is none. FERRY_NO_NVCC holds
 * the reason when somebody has looked already: `npm test` sets it, or each test file would try PyPI again.
 */
export async function findNvcc() {
    const known = process.env.FERRY_NO_NVCC;
    if (known) {
        return { reason: known };
    }
    const found = installedNvcc();
    if (found !== undefined) {
        return { path: found };
    }
    say("no nvcc here: fetching NVIDIA's compiler and runtime from PyPI into build/cuda-toolkit (270 MB)");
    const noPip = hasPip() ? null : await failureOf(() => installSystemPackages(pipPackages));
    if (noPip !== null) {
        return { reason: `there is no nvcc, and no pip to fetch it: ${noPip.replace(/\s+/g, ' ')}` };
    }
    if ((await failureOf(fetchToolkit)) !== null) {
        return { reason: 'there is no nvcc, and pip could not fetch it, see build/log/fetch-nvcc.log' };
    }
    if (!works(fetchedNvcc)) {
        return { reason: 'there is no nvcc, and the one that PyPI has does not run here' };
    }
    return { path: fetchedNvcc };
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
