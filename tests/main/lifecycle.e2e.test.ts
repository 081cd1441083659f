import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { bearer, TOKEN_SEED } from '../support/access.ts'
import { RunningService, startService } from '../support/running-service.ts'

const TOKEN_SIGNING_KEY = TOKEN_SEED.toString('base64')
let parent: string
/** Folder of the embedded database. It is empty at first and then shared, because a first start costs a second or two. */
let folder: string

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lottery-service-'))
  folder = join(parent, 'data')
})

afterAll(async () => {
  if (postgresProcesses().length > 0) await startEmbeddedPostgres(folder).then((server) => server.stop())
  await rm(parent, { recursive: true, force: true })
})

describe('the service with its embedded database', () => {
  it('starts on an empty folder within 15 s, and first logs where the API, the docs and the database are', async () => {
    const startedAt = performance.now()
    await using service = await startService({ DATA_DIR: folder })

    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(messages(service).slice(0, 4)).toEqual([
      'starting the embedded PostgreSQL, since DATABASE_URL names no server',
      `API        ${service.url}`,
      `docs       ${service.url}/docs`,
      expect.stringMatching(
        /^database {3}embedded PostgreSQL; PGPASSFILE=\S+ psql -h 127.0.0.1 -p \d+ -U lottery lottery$/,
      ),
    ])
    await service.stop()
  })

  it('stops on SIGTERM and on SIGINT without leaving a process, and finds the data at the next start', async () => {
    await using first = await startService({ DATA_DIR: folder })
    const location = await register(first, 'ada@example.org')
    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(postgresProcesses()).toEqual([])

    await using second = await startService({ DATA_DIR: folder, TOKEN_SIGNING_KEY })
    expect(await second.get(location, await bearer('operator'))).toMatchObject({
      status: 200,
      body: { email: 'ada@example.org' },
    })
    expect(await second.stop('SIGINT')).toEqual({ code: 0, signal: null })
    expect(postgresProcesses()).toEqual([])
  })

  it('finds the data after kill -9', async () => {
    await using first = await startService({ DATA_DIR: folder })
    const location = await register(first, 'grace@example.org')
    await first.stop('SIGKILL')

    await using second = await startService({ DATA_DIR: folder, TOKEN_SIGNING_KEY })

    expect(await second.get(location, await bearer('operator'))).toMatchObject({
      status: 200,
      body: { email: 'grace@example.org' },
    })
    expect(await second.stop()).toEqual({ code: 0, signal: null })
    expect(postgresProcesses()).toEqual([])
  })

  it('can be stopped while it is still starting', async () => {
    await using service = new RunningService({ DATA_DIR: join(parent, 'another') })
    await service.line(/starting the embedded PostgreSQL/)

    expect(await service.stop('SIGINT')).toEqual({ code: 0, signal: null })

    expect(service.output).not.toContain('API')
    expect(postgresProcesses()).toEqual([])
  })

  it('fails on a port that is taken, and leaves no process', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo

    await using service = new RunningService({ DATA_DIR: folder, PORT: String(port) })

    expect(await service.exit).toEqual({ code: 1, signal: null })
    expect(messages(service)).toEqual([
      `the service could not start. PORT: port ${port} of 127.0.0.1 is in use by another program: stop that program, or set ` +
        'PORT to another port',
      'service stopped',
    ])
    expect(postgresProcesses()).toEqual([])
    other.close()
  })
})

describe('a wrong configuration', () => {
  it('is reported in one line that names the variables without their values', async () => {
    await using service = new RunningService({
      DATABASE_URL: 'mysql://lottery:hunter2hunter2@localhost/lottery',
      INTERNAL_CLOSE_TOKEN: 'hunter2',
      PORT: '80800',
    })

    expect(await service.exit).toEqual({ code: 1, signal: null })
    expect(service.output).toBe(
      'The configuration is not valid. DATABASE_URL: must be a postgres:// URL, or embedded; ' +
        'PORT: must be a whole number from 0 to 65535; INTERNAL_CLOSE_TOKEN: must have at least 16 characters',
    )
  })
})

async function register(service: RunningService, email: string): Promise<string> {
  const { status, headers } = await service.post('/users', { email })
  expect(status).toBe(201)
  return headers.get('location') ?? ''
}

function messages(service: RunningService): string[] {
  return service.output.split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg)
}

function postgresProcesses(): string[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(`postgres -D ${parent}/`) || line.includes(`--pgdata=${parent}/`))
}
