import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** What runs where: rules in Node, everything that touches a store in workerd, whole-product checks over HTTP. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'rules', include: ['worker/**/*.test.ts', 'widget/**/*.test.ts', 'scripts/**/*.test.ts'] } },
      { test: { name: 'house', include: ['tests/house/**/*.test.ts'] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // Two user databases, so that nothing can grow that assumes there is one.
            miniflare: { d1Databases: ['USERS_1'], bindings: { BOON_MODE: 'local' } },
          }),
        ],
        test: { name: 'worker', include: ['tests/worker/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      {
        test: {
          name: 'system',
          include: ['tests/system/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
