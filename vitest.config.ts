import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { readMigrations } from './scripts/migrations.ts'

/** What runs where: rules in Node, everything that touches a store in workerd, whole-product checks over HTTP. */
export default defineConfig({
  test: {
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'rules',
          include: [
            'worker/**/*.test.ts',
            'widget/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
        },
      },
      { test: { name: 'house', include: ['tests/house/**/*.test.ts'] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              // Two user databases, so that nothing can grow that assumes there is one.
              d1Databases: ['USERS_1'],
              bindings: {
                BOON_MODE: 'local',
                TOKEN_SECRET: 'a secret of the tests, long enough to be taken',
                SEALING_SECRET: 'another secret of the tests, just as long',
                TEST_MIGRATIONS: { catalogue: readMigrations('catalogue'), users: readMigrations('users') },
              },
            },
          }),
        ],
        test: {
          name: 'worker',
          include: ['tests/worker/**/*.test.ts'],
          globalSetup: './tests/receiverServer.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
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
