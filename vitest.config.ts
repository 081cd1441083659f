import { defineConfig } from 'vitest/config'

const needsPostgres = ['tests/postgres/**/*.test.ts', 'tests/**/*.postgres.test.ts', 'tests/e2e/**/*.test.ts']
const needsKafka = ['tests/kafka/**/*.test.ts']

/**
 * `unit` needs nothing but Node and takes seconds; `postgres` needs a server, which its global setup finds or starts;
 * `kafka` needs a broker as well, and its tests are skipped where there is none.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['tests/**/*.test.ts'], exclude: [...needsPostgres, ...needsKafka] },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: needsPostgres,
          exclude: needsKafka,
          globalSetup: 'tests/support/postgres-server.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: needsKafka,
          globalSetup: ['tests/support/postgres-server.ts', 'tests/kafka/kafka-server.ts'],
          execArgv: ['--disable-warning=TimeoutNegativeWarning'], // kafkajs, on every wait
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
