// `npm test [-- vitest arguments]`: set-up, build, type check, stale-output check, then every test under
// test/. Its last line is `N passed, N failed, N skipped`; the exit status is 0 only when none failed and
// some passed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './build.mjs';
import { ensureOpenGlTests, ensureSetUp } from './setup.mjs';
import { localTool, root, runMain, say, step } from './steps.mjs';
import { findNvcc, packagesToFetchNvcc } from './toolkit.mjs';

const reportPath = join(root, 'build', 'test-report.json');
// Whole run of vitest; a guest that hangs past every inner limit must not take the caller's whole time with
// it.
const testLimitMs = 38 * 60 * 1000;

function readCounts() {
    if (!existsSync(reportPath)) {
        return { passed: 0, failed: 1, skipped: 0 };
    }
    const report = JSON.parse(readFileSync(reportPath, 'utf8'));
    // A file that fails to load, or to set up, has no test that failed, but it has.
    const brokenFiles = report.testResults.filter(
        ({ status, assertionResults }) =>
            status === 'failed' && assertionResults.every((each) => each.status !== 'failed'),
    );
    return {
        passed: report.numPassedTests,
        failed: report.numFailedTests + brokenFiles.length,
        skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    };
}

await runMain(async () => {
    await ensureSetUp(packagesToFetchNvcc());
    await ensureOpenGlTests();
    // Before the build, whose generator would bring stale outputs up to date and so hide that they were
    // committed.
    await build(['tsc']);
    await step('gen-check', process.execPath, [join(root, 'build/js/proto/gen/main.js'), '--check']);
    await build();
    await step('lint', process.execPath, [localTool('typescript/bin/tsc'), '-p', 'test/tsconfig.json']);
    // Guests are compiled by the tests that run them; without a compiler those tests skip, and say so.
    const { path: nvcc, reason } = await findNvcc();
    const skipped = `SKIPPED every test of programs in CUDA C++: ${reason}`;
    if (nvcc === undefined) {
        say(skipped);
    }
    const env = { ...process.env, ...(nvcc === undefined ? { FERRY_NO_NVCC: reason } : { NVCC: nvcc }) };
    rmSync(reportPath, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
    const args = [
        localTool('vitest/vitest.mjs'),
        'run',
        '-c',
        'test/vitest.config.ts',
        ...reporters,
        ...process.argv.slice(2),
    ];
    const limits = { env, timeout: testLimitMs, killSignal: 'SIGKILL' };
    const run = spawnSync(process.execPath, args, {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        ...limits,
    });
    const counts = readCounts();
    process.exitCode = run.status === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
    if (nvcc === undefined) {
        // Again, because the first time is far above by now.
        say(skipped);
    }
    say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
});
