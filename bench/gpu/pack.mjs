// `node bench/gpu/pack.mjs [FOLDER]`: puts everything that tests and benchmarks need on a machine with a GPU,
// but without Node, compilers or a network, into FOLDER (out/gpu): one archive and run.sh. The test guests
// are those that `npm test` has built here.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build, usualStages } from '../../host-daemon/scripts/build.mjs';
import { root, runMain, say, step, StepError } from '../../host-daemon/scripts/steps.mjs';

const parts = [
    'package.json',
    'proto/ferry.proto',
    'build/js',
    'build/guest/libferry.so',
    'build/guest/links',
    'build/soft/libcuda-soft.so',
    'build/soft/links',
    'build/native/ferry.node',
    'build/bench/ferry-bench-guest',
    'build/bench/ferry-bench-limits',
    'build/bench/ferry-bench-relay',
];
// Runs for ever by design; needs the shared runtime of the toolkit; shows that machine code is refused.
const leftOut = /^driver-endless-|-shared-|-sass-|-newer-|^kernels-fatbin/;

function copyProductionPackages(target) {
    const args = ['ls', '--omit=dev', '--all', '--parseable'];
    const listed = spawnSync('npm', args, { cwd: root, encoding: 'utf8' });
    const folders = listed.stdout.split('\n').filter((path) => path.includes('node_modules'));
    if (folders.length === 0) {
        throw new StepError('npm ls names no packages: run npm ci first');
    }
    // Text that no program reads would be a good part of the archive.
    const filter = (path) => !/\.(md|map|d\.ts|d\.mts|d\.cts)$/.test(path);
    for (const folder of folders) {
        cpSync(folder, join(target, folder.slice(root.length + 1)), { recursive: true, filter });
    }
}

function copyTestGuests(target) {
    const folder = join(root, 'build', 'guests');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const guests = names.filter((name) => /-[0-9a-f]{12}$/.test(name) && !leftOut.test(name));
    if (guests.length === 0) {
        throw new StepError('no test guests in build/guests: run npm test first');
    }
    mkdirSync(join(target, 'build', 'guests'), { recursive: true });
    guests.forEach((name) => copyFileSync(join(folder, name), join(target, 'build', 'guests', name)));
    return guests.length;
}

await runMain(async () => {
    const out = resolve(process.argv[2] ?? join(root, 'out', 'gpu'));
    await build([...usualStages, 'bench']);
    const work = mkdtempSync(join(tmpdir(), 'ferry-pack-'));
    try {
        const target = join(work, 'ferry');
        for (const part of parts) {
            cpSync(join(root, part), join(target, part), { recursive: true, verbatimSymlinks: true });
        }
        copyProductionPackages(target);
        const count = copyTestGuests(target);
        copyFileSync(process.execPath, join(work, 'node'));
        mkdirSync(out, { recursive: true });
        const archive = join(out, 'ferry-gpu.tar.xz');
        const env = { ...process.env, XZ_OPT: '-3 -T0' };
        await step('pack', 'tar', ['-C', work, '-cJf', archive, 'node', 'ferry'], { env });
        copyFileSync(join(root, 'bench', 'gpu', 'run.sh'), join(out, 'run.sh'));
        say(`packed ${count} test guests; on a machine with a GPU: sh ${join(out, 'run.sh')} --quick`);
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
});
