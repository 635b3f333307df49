import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    setupFiles: ['test/support/quiet.ts'],
    testTimeout: 30_000,
    // What ships runs as it is, not transformed: a bundle's functions have the same text here as in worker threads.
    server: { deps: { external: [/\/dist\//] } },
  },
});
