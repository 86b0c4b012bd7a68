import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,api,worker,loadtest,local}/**/*.test.ts'],
    pool: 'forks',
    globalSetup: ['local/src/test-stores.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // A test file that hangs in its clean-up must not hold up the run for ever.
    teardownTimeout: 30_000,
  },
})
