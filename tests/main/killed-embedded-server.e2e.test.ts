import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { urlOfRunningServer } from '../../src/embedded-postgres/running-server.ts'
import { RunningService, startService } from '../support/running-service.ts'
import { query } from '../support/test-clock.ts'

/** Time within which the service serves again after a kill. */
const BACK_WITHIN_MS = 5_000
const CALLERS = 4

let folder: string
let dataDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-service-'))
  dataDir = join(folder, 'data')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a service whose embedded server is killed under submits', () => {
  it.each([
    ['the main process of PostgreSQL', () => postmaster()],
    ['one backend', () => backend()],
  ])('serves again within 5 s, keeps all acknowledged ballots and owns the folder: %s', async (_, victim) => {
    await using service = await startService({ DATA_DIR: dataDir })
    const submits = await Submits.start(service)
    await submits.acknowledged(20)

    process.kill(await victim(), 'SIGKILL')
    const killedAt = performance.now()
    await service.line(/the embedded PostgreSQL is ready again/)
    await submits.acknowledged(20)
    expect(performance.now() - killedAt).toBeLessThan(BACK_WITHIN_MS)
    const ids = await submits.stop()
    await isRefused()

    const stored = await rows<{ id: string }>('select id from ballots')
    const kept = new Set(stored.map(({ id }) => id))
    expect(ids.filter((id) => !kept.has(id))).toEqual([])
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    expect(processes()).toEqual([])
  })
})

/** A second service on the same folder. */
async function isRefused(): Promise<void> {
  await using second = new RunningService({ DATA_DIR: dataDir })
  expect(await second.exit).toEqual({ code: 1, signal: null })
  expect(second.output).toContain('is in use by another running service')
}

/** Callers that submit one ballot after the other, and note the acknowledged ones. */
class Submits {
  readonly #ids: string[] = []
  readonly #callers: Promise<void>[]
  #stopped = false

  static async start(service: RunningService): Promise<Submits> {
    const user = await service.post<{ id: string }>('/users', { email: `${crypto.randomUUID()}@example.org` })
    const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    await service.post('/lotteries/create', { date })
    return new Submits(service, { user_id: user.body.id, date })
  }

  private constructor(service: RunningService, ballot: object) {
    this.#callers = Array.from({ length: CALLERS }, async () => {
      while (!this.#stopped) {
        const { status, body } = await service.post<{ id: string }>('/lotteries/submit', ballot)
        if (status === 201) this.#ids.push(body.id)
        else expect(status).toBe(503)
      }
    })
  }

  /** Resolves when as many more ballots are acknowledged. */
  async acknowledged(more: number): Promise<void> {
    const enough = this.#ids.length + more
    await expect.poll(() => this.#ids.length, { interval: 10, timeout: 10_000 }).toBeGreaterThanOrEqual(enough)
  }

  async stop(): Promise<readonly string[]> {
    this.#stopped = true
    await Promise.all(this.#callers)
    return this.#ids
  }
}

async function postmaster(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

async function backend(): Promise<number> {
  const found = await rows<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'lottery-service'",
  )
  return found[0]?.pid ?? Number.NaN
}

async function rows<Row extends object>(sql: string): Promise<Row[]> {
  const url = await urlOfRunningServer(dataDir)
  return (await query(url ?? '', sql)) as Row[]
}

function processes(): string[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(`postgres -D ${folder}/`))
}
