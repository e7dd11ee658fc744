// `npm run demo [-- --device auto|nvidia|software]`: from nothing but Node and a C++ compiler to three CUDA
// programs that run through Ferry. Sets up, builds, compiles the guests, then hands over to bench/demo.ts.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './build.mjs';
import { ensureSetUp } from './setup.mjs';
import { compileDriverGuest, compileGuest, findNvcc, packagesToFetchNvcc } from './toolkit.mjs';
import { root, runMain, say, StepError } from './steps.mjs';

const guests = [
    { name: 'vector_add', title: 'vector add', args: [] },
    { name: 'matmul', title: 'tiled matrix product', args: [] },
    { name: 'mandelbrot', title: 'Mandelbrot set', args: ['{png}'] },
];

function deviceOf(args) {
    const index = args.indexOf('--device');
    if (index === -1) {
        return 'auto';
    }
    const device = args[index + 1];
    if (!['auto', 'nvidia', 'software'].includes(device)) {
        throw new StepError(`--device: expected auto, nvidia or software, got ${device}`);
    }
    return device;
}

// Without any CUDA compiler the same three kernels come as PTX of our own in one driver-API program.
async function compileGuests() {
    const folder = join(root, 'build', 'demo');
    mkdirSync(folder, { recursive: true });
    const { path: nvcc, reason } = await findNvcc();
    if (nvcc === undefined) {
        say(`SKIPPED the programs in CUDA C++: ${reason}`);
        say('instead: the same three kernels as PTX of our own, in a program of the driver API');
        const product = join(folder, 'driver_guest');
        await compileDriverGuest(join(root, 'test/demo/driver_guest.cc'), product);
        return guests.map(({ name, title, args }) => ({ title, command: [product, name, ...args] }));
    }
    say(`compiling the guests with ${nvcc}`);
    for (const { name } of guests) {
        await compileGuest(nvcc, join(root, 'test/demo', `${name}.cu`), join(folder, name));
    }
    return guests.map(({ name, title, args }) => ({ title, command: [join(folder, name), ...args] }));
}

await runMain(async () => {
    const device = deviceOf(process.argv.slice(2));
    await ensureSetUp(packagesToFetchNvcc());
    await build();
    const commands = await compileGuests();
    const { runDemo } = await import(join(root, 'build/js/bench/demo.js'));
    const passed = await runDemo(commands, device);
    say(passed ? 'demo: all passed' : 'demo: something failed, see above');
    process.exitCode = passed ? 0 : 1;
});
