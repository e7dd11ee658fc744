// `npm run gen [-- --check]`: compiles the specification and runs the generator. With --check nothing is
// written and the exit status says whether the committed outputs are stale.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { build } from './build.mjs';
import { root, runMain } from './steps.mjs';

await runMain(async () => {
    await build(['tsc']);
    const generator = join(root, 'build/js/proto/gen/main.js');
    const done = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], {
        cwd: root,
        stdio: 'inherit',
    });
    process.exitCode = done.status ?? 1;
});
