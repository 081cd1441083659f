import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { RunningService, startService } from '../support/running-service.ts'
import { query } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const WORKERS = '2'
const CALLERS = 8

let database: TestDatabase
let environment: Readonly<Record<string, string>>

beforeAll(async () => {
  database = await createTestDatabase()
  environment = { DATABASE_URL: database.url, WORKERS }
})

afterAll(() => database.drop())

describe('a service of two workers', () => {
  it('stores concurrent submits without a gap, draws one winner, and counts the requests of both', async () => {
    await using service = await startService({ ...environment, OPERATIONS_PORT: '0' })
    const ballot = await lotteryOf(service, 1)
    const submits = await Promise.all(
      Array.from({ length: 100 }, () => service.post<{ id: string }>('/lotteries/submit', ballot)),
    )
    expect(submits.map(({ status }) => status).filter((status) => status !== 201)).toEqual([])
    expect(service.output.match(/API {8}/g)).toHaveLength(1)

    const rows = await stored<{ ordinal: number }>('ordinal::int', ballot.date)
    expect(rows.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))

    const [operations = ''] = /http:\/\/localhost:\d+/.exec(await service.line(/operations http/)) ?? []
    const metrics = await (await fetch(`${operations}/metrics`)).text()
    const per = await submitsOfEachWorker(metrics)
    expect(per).toBe(100)
    expect(metrics).toContain('lottery_lotteries{status="open"} 1\n')
    expect(metrics.match(/^lottery_submits_total\{code="accepted"\}/gm)).toHaveLength(1)

    expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(service.output.match(/service stopped/g)).toHaveLength(1)
  })
})
