import { defineConfig } from 'vitest/config'

const tests = ['tests/**/*.test.ts', 'bench/**/*.test.ts']
const needsPostgres = ['**/*.postgres.test.ts']
const needsProcesses = ['**/*.e2e.test.ts']
const needsKafka = ['**/*.kafka.test.ts']

/**
 * A test stands where the tested file stands in src; its suffix says what it needs. No suffix: Node alone. `.postgres`: a
 * PostgreSQL server, which the global setup finds or starts. `.e2e`: also processes of its own. `.kafka`: also a broker;
 * skipped where none can be had. `npm test` runs the first two kinds, `npm run test:system` the others.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: tests,
          exclude: [...needsPostgres, ...needsProcesses, ...needsKafka],
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: needsPostgres,
          isolate: false,
          exclude: ['node_modules'],
          globalSetup: 'tests/support/postgres-server.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: needsProcesses,
          isolate: false,
          exclude: ['node_modules'],
          globalSetup: 'tests/support/postgres-server.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          include: needsKafka,
          exclude: ['node_modules'],
          globalSetup: ['tests/support/postgres-server.ts', 'tests/support/kafka/kafka-server.ts'],
          execArgv: ['--disable-warning=TimeoutNegativeWarning'], // kafkajs, on every wait
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
