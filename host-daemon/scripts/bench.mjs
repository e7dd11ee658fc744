// `npm run bench [-- --quick] [-- --only NAME]`: builds everything, then hands over to bench/main.ts, which
// measures and writes out/bench/. With --help, as with anything it does not know, it says what it takes.
import { join } from 'node:path';

import { build, usualStages } from './build.mjs';
import { root, runMain } from './steps.mjs';

await runMain(async () => {
    const words = process.argv.slice(2);
    await build([...usualStages, 'bench']);
    const { runBench } = await import(join(root, 'build/js/bench/main.js'));
    process.exitCode = await runBench(words);
});
