// `npm run bench [-- runs [device]]`: builds, compiles the demo's programs, then hands over to
// bench/main.ts, which prints JSON lines. Five runs on the automatic choice of device unless said
// otherwise.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './build.mjs';
import { ensureSetUp } from './setup.mjs';
import { compileGuest, findNvcc, packagesToFetchNvcc } from './toolkit.mjs';
import { root, runMain, StepError } from './steps.mjs';

const folder = join(root, 'build', 'demo');
const guests = [
    { name: 'calls', folder: 'bench', args: [] },
    { name: 'vector_add', folder: 'test/demo', args: [] },
    { name: 'matmul', folder: 'test/demo', args: [] },
    { name: 'mandelbrot', folder: 'test/demo', args: [join(folder, 'bench.png')] },
];

await runMain(async () => {
    const runCount = Number(process.argv[2] ?? 5);
    if (!Number.isInteger(runCount) || runCount < 1) {
        throw new StepError(`runs: expected a whole number from 1, got ${process.argv[2]}`);
    }
    await ensureSetUp(packagesToFetchNvcc());
    await build();
    const { path: nvcc, reason } = await findNvcc();
    if (nvcc === undefined) {
        throw new StepError(`the benchmarks need nvcc: ${reason}`);
    }
    mkdirSync(folder, { recursive: true });
    for (const guest of guests) {
        await compileGuest(nvcc, join(root, guest.folder, `${guest.name}.cu`), join(folder, guest.name));
    }
    const { runBench } = await import(join(root, 'build/js/bench/main.js'));
    const commands = guests.map(({ name, args }) => ({ name, command: [join(folder, name), ...args] }));
    const passed = await runBench(commands, process.argv[3] ?? 'auto', runCount);
    process.exitCode = passed ? 0 : 1;
});
