import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { dockerAnswers } from './docker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The only server of this run. The names of all databases that the run creates start with `prefix`. */
    postgres: { readonly url: string; readonly prefix: string; readonly template: string }
  }
}

interface Server {
  readonly url: string
  stop(): Promise<void>
}

const IMAGE = 'postgres:18'
const SETTINGS = { max_connections: '400', shared_buffers: '128MB' }
const IN_MEMORY = '/dev/shm'
const DATABASES_BYTES = 4 * 2 ** 30
const CONTAINER_STARTS_WITHIN_MS = 180_000 // including a first pull of the image

/** Provides one PostgreSQL per run: the server of TEST_DATABASE_URL, else a container, else the embedded server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await findServer()
  const prefix = `lottery_test_${randomBytes(4).toString('hex')}`
  const template = `${prefix}_template`
  await execute(server.url, `create database ${template}`)
  await migrateDatabase(databaseUrl(server.url, template))
  project.provide('postgres', { url: server.url, prefix, template })

  return async () => {
    await dropDatabases(server.url, prefix)
    await server.stop()
  }
}

async function findServer(): Promise<Server> {
  const { TEST_DATABASE_URL: url } = process.env
  if (url) return { url, stop: async () => {} }
  return (await startContainer()) ?? (await startEmbedded())
}

async function startContainer(): Promise<Server | undefined> {
  if (!(await dockerAnswers())) return fallBack('no Docker engine answers')
  const { GenericContainer, Wait } = await import('testcontainers')
  const settings = Object.entries({ ...SETTINGS, fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' })
  const password = randomBytes(12).toString('hex')
  try {
    const container = await new GenericContainer(IMAGE)
      .withEnvironment({ POSTGRES_USER: 'lottery', POSTGRES_PASSWORD: password, POSTGRES_DB: 'lottery' })
      .withCommand(['postgres', ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
      .withStartupTimeout(CONTAINER_STARTS_WITHIN_MS)
      .start()
    return {
      url: `postgres://lottery:${password}@${container.getHost()}:${container.getMappedPort(5432)}/lottery`,
      stop: async () => void (await container.stop()),
    }
  } catch (error) {
    return fallBack(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

function fallBack(reason: string): undefined {
  console.log(`PostgreSQL for tests: the embedded server, not a container (${reason.slice(0, 160)})`)
}

async function startEmbedded(): Promise<Server> {
  const folder = await mkdtemp(join(await roomForDatabases(), 'lottery-test-postgres-'))
  const server = await startEmbeddedPostgres(folder, { durable: false, settings: SETTINGS })
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Linux's file system in memory, where a database is made in a tenth of the time, if it has room; else the usual folder. */
async function roomForDatabases(): Promise<string> {
  const free = await statfs(IN_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return free < DATABASES_BYTES ? tmpdir() : IN_MEMORY
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const made = 'select datname as name from pg_database where starts_with(datname, $1)'
    const { rows } = await client.query<{ name: string }>(made, [`${prefix}_`])
    for (const { name } of rows) await client.query(`drop database if exists ${name} with (force)`)
  } finally {
    await client.end()
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function databaseUrl(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}
