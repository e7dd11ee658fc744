// `npm run bench [-- --quick] [-- --only NAME]`: builds everything, then hands over to bench/main.ts, which
// measures and writes out/bench/. With --help, as with anything it does not know, it says what it takes.
// `npm run bench -- soft` measures the software device's kernels instead, see bench/soft; `npm run bench --
// gl` programs that draw, see bench/gl; bench/gl/piglit.ts, run by hand, compares what they draw.
import { join } from 'node:path';

import { build, usualStages } from './build.mjs';
import { root, runMain, say, step } from './steps.mjs';
import { findNvcc } from './toolkit.mjs';

async function benchSoft(words) {
    const nvcc = await findNvcc();
    if (nvcc.path === undefined) {
        say(`SKIPPED the software device's kernels: ${nvcc.reason}`);
        return 0;
    }
    const product = join(root, 'build/bench/soft-kernels.ptx');
    const source = join(root, 'bench/soft/kernels.cu');
    await step('nvcc-soft-kernels', nvcc.path, ['-ptx', '-O3', '-arch=compute_80', '-o', product, source]);
    const { runSoftBench } = await import(join(root, 'build/js/bench/soft/main.js'));
    return runSoftBench(words);
}

await runMain(async () => {
    const words = process.argv.slice(2);
    await build([...usualStages, 'bench']);
    if (words[0] === 'soft') {
        process.exitCode = await benchSoft(words.slice(1));
        return;
    }
    if (words[0] === 'gl') {
        const { runGlBench } = await import(join(root, 'build/js/bench/gl/main.js'));
        process.exitCode = await runGlBench(words.slice(1));
        return;
    }
    const { runBench } = await import(join(root, 'build/js/bench/main.js'));
    process.exitCode = await runBench(words);
});
