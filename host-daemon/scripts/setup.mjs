// Makes sure that what the build needs is installed: npm's packages and the system's. Called by build.mjs,
// and so by test, demo and bench. As root on a Debian family it installs what is missing; otherwise it says
// exactly what to type.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { hasCommand, root, say, step, StepError } from './steps.mjs';

function compilerFinds(header) {
    const source = `#include <${header}>\n`;
    return (
        spawnSync('c++', ['-E', '-x', 'c++', '-'], { input: source, stdio: ['pipe', 'ignore', 'ignore'] })
            .status === 0
    );
}

function linkerFinds(library) {
    const found = spawnSync('c++', [`-print-file-name=${library}`], { encoding: 'utf8' });
    return found.status === 0 && isAbsolute(found.stdout.trim());
}

// Asked of the tools themselves and not of dpkg, so a hand-installed copy counts.
const needs = [
    { debian: 'g++', present: () => hasCommand('c++') },
    { debian: 'make', present: () => hasCommand('make') },
    { debian: 'cmake', present: () => hasCommand('cmake') },
    {
        debian: 'libnghttp2-dev',
        present: () => compilerFinds('nghttp2/nghttp2.h') && linkerFinds('libnghttp2.a'),
    },
    { debian: 'libx11-dev', present: () => compilerFinds('X11/Xlibint.h') },
    { debian: 'libxcb1-dev', present: () => compilerFinds('xcb/xcb.h') },
    { debian: 'libxcb-shm0-dev', present: () => compilerFinds('xcb/shm.h') },
    { debian: 'libzstd-dev', present: () => compilerFinds('zstd.h') },
    // flock(1): the daemon's lock on its socket.
    { debian: 'util-linux', present: () => hasCommand('flock') },
];

// What a worker loads when a guest asks for OpenGL. Without it CUDA works, and such a guest is told what to
// install.
const forOpenGl = ['libegl1', 'libgl1-mesa-dri'];
const forOpenGlTests = ['xvfb', 'libgl-dev', 'libegl-dev', 'libgles-dev'];

function loaderFinds(library) {
    const cache = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
    return cache.status !== 0 || cache.stdout.includes(`${library} `);
}

function hasOpenGl() {
    const hasMesa = loaderFinds('libEGL_mesa.so.0') && existsSync('/usr/lib/x86_64-linux-gnu/dri');
    return loaderFinds('libEGL.so.1') && (hasMesa || loaderFinds('libEGL_nvidia.so.0'));
}

// `without`: what is said where they cannot be had, which is no reason to stop.
async function installIfPossible(names, without) {
    try {
        await installSystemPackages(names);
    } catch (error) {
        if (!(error instanceof StepError)) {
            throw error;
        }
        say(`${without}: ${error.message}`);
    }
}

/** What the tests of programs that draw need: an X server without a screen, and headers. */
export async function ensureOpenGlTests() {
    const headers = ['GL/glx.h', 'EGL/egl.h', 'GLES3/gl3.h'];
    if (!hasCommand('Xvfb') || !headers.every(compilerFinds)) {
        await installIfPossible(forOpenGlTests, 'the tests of OpenGL will be skipped');
    }
}

function commandToInstall(list) {
    const sudo = hasCommand('sudo') ? 'sudo ' : '';
    const who = sudo === '' ? 'As root, type this' : 'Type this';
    // A fresh machine has no package lists, hence the update.
    const command = `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${list}`;
    return `${who}, then try again:\n    ${command}`;
}

/** Installs the named Debian packages, or explains how to. */
export async function installSystemPackages(names) {
    if (names.length === 0) {
        return;
    }
    const list = names.join(' ');
    const isRoot = process.getuid?.() === 0;
    if (!hasCommand('apt-get')) {
        throw new StepError(
            `missing on this system: what Debian packages as ${list}. Install these, then try again`,
        );
    }
    if (!isRoot) {
        throw new StepError(`packages are missing. ${commandToInstall(list)}`);
    }
    say(`installing ${list}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await step('apt-update', 'apt-get', ['update', '-q'], { env });
    await step('apt-install', 'apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], {
        env,
    });
}

async function ensureNpmPackages() {
    if (existsSync(join(root, 'node_modules', '.package-lock.json'))) {
        return;
    }
    await step('npm-ci', 'npm', ['ci', '--no-audit', '--no-fund']);
}

/**
 * Everything the build needs; quick when it is there already. `wanted`: further packages to name or install
 * in the same go when something is missing, which alone are no reason to stop.
 */
export async function ensureSetUp(wanted = []) {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major < 20 || (major === 20 && minor < 19)) {
        throw new StepError(`Node ${process.versions.node} is too old: expected 20.19 or newer`);
    }
    if (process.platform !== 'linux' || process.arch !== 'x64') {
        throw new StepError(`expected Linux on x86-64, this is ${process.platform} on ${process.arch}`);
    }
    await ensureNpmPackages();
    const missing = needs.filter((need) => !need.present()).map((need) => need.debian);
    await installSystemPackages(missing.length === 0 ? [] : [...missing, ...wanted]);
    if (!hasOpenGl()) {
        await installIfPossible(forOpenGl, 'OpenGL will not work on this machine, CUDA will');
    }
}
