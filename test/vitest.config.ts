// Vitest's settings for everything under test/. Called by `npm test` (host-daemon/scripts/test.mjs), or
// alone: `npx vitest run -c test/vitest.config.ts test/daemon`. It sets nothing up itself: run `npm run
// build` before.
import { defineConfig } from 'vitest/config';

export default defineConfig({
    test: {
        root: new URL('..', import.meta.url).pathname,
        include: ['test/**/*.test.ts'],
        testTimeout: 120_000,
        hookTimeout: 120_000,
        // Real daemons and guests run inside the tests; more files at once than cores only makes time
        // limits lie.
        maxWorkers: 2,
        passWithNoTests: false,
    },
});
