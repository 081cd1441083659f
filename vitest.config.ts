import { defineConfig } from 'vitest/config'

const needsPostgres = ['tests/postgres/**/*.test.ts', 'tests/**/*.postgres.test.ts', 'tests/e2e/**/*.test.ts']

/** `unit` needs nothing but Node and takes seconds; `postgres` needs a server, which its global setup finds or starts. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['tests/**/*.test.ts'], exclude: needsPostgres },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: needsPostgres,
          globalSetup: 'tests/support/postgres-server.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
