// `ferry bundle DIR`: the folder that a guest without Node needs, for a container image or another
// machine's mount. Writes into a new or empty folder only.
import {
    chmodSync,
    copyFileSync,
    existsSync,
    mkdirSync,
    readdirSync,
    symlinkSync,
    writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

import { places, readVersion } from '../config/places.ts';
import { DaemonError } from '../errors.ts';
import { exitCodes } from './exit-codes.ts';
import { printLine } from './output.ts';

const runScript = `#!/bin/sh
# Runs a program on the GPU of a Ferry daemon:  ./ferry-run program args
# FERRY_ENDPOINT names the daemon, for example unix:/run/ferry/ferry.sock (the default).
if [ $# -eq 0 ]; then
    echo "usage: $0 program [args]" >&2
    exit 2
fi
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 125
LD_PRELOAD="$here/libferry.so\${LD_PRELOAD:+:$LD_PRELOAD}"
LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_PRELOAD LD_LIBRARY_PATH
exec "$@"
`;

function readme(): string {
    return `Ferry guest ${readVersion()}

Everything a CUDA program needs to use the GPU of a Ferry daemon. No Node, no driver, no toolkit.

  libferry.so   stands in for the NVIDIA driver's libcuda.so.1
  lib/          links by which programs find it
  ferry-run     sets both up and runs a program

In a container: mount this folder, and the folder of the daemon's socket, then

  FERRY_ENDPOINT=unix:/run/ferry/ferry.sock ./ferry-run ./program

This folder's path must hold no blank, colon or semicolon. Program and daemon must be of the same user and of
the same version of Ferry; when they are not, cuInit says so on standard error. License: Apache-2.0.
`;
}

export function writeBundle(folder: string): number {
    if (!existsSync(places.shim)) {
        throw new DaemonError(
            'usage',
            `the shim is not built (${places.shim}); build it with: npm run build`,
        );
    }
    const target = resolve(folder);
    if (existsSync(target) && readdirSync(target).length > 0) {
        throw new DaemonError('usage', `bundle folder: expected a new or empty folder, got ${target}`);
    }
    mkdirSync(join(target, 'lib'), { recursive: true });
    copyFileSync(places.shim, join(target, 'libferry.so'));
    for (const name of ['libcuda.so', 'libcuda.so.1']) {
        symlinkSync('../libferry.so', join(target, 'lib', name));
    }
    writeFileSync(join(target, 'ferry-run'), runScript);
    chmodSync(join(target, 'ferry-run'), 0o755);
    writeFileSync(join(target, 'README'), readme());
    printLine(`bundle written to ${target}`);
    return exitCodes.ok;
}
