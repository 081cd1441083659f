import { defineConfig } from 'vitest/config'

const tests = ['tests/**/*.test.ts', 'bench/**/*.test.ts']
const needsPostgres = ['**/*.postgres.test.ts']
const needsProcesses = ['**/*.e2e.test.ts']
const needsKafka = ['**/*.kafka.test.ts']
const needsCitus = ['**/*.citus.test.ts']

/**
 * A test stands where the tested file stands in src; its suffix says what it needs. No suffix: Node alone. `.postgres`: a
 * PostgreSQL server, which the global setup finds or starts. `.citus`: a cluster of Citus; skipped where none can be had.
 * `.e2e`: a PostgreSQL server and processes of its own. `.kafka`: also a broker; skipped where none can be had. `npm test`
 * runs the first three kinds, `npm run test:system` the others.
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
          exclude: [...needsPostgres, ...needsProcesses, ...needsKafka, ...needsCitus],
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
          name: 'citus',
          include: needsCitus,
          isolate: false,
          exclude: ['node_modules'],
          globalSetup: 'tests/support/citus-server.ts',
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
