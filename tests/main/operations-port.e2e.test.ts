import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningService, startService } from '../support/running-service.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

describe('the service with OPERATIONS_PORT', () => {
  it('logs where the second listener is, serves metrics only there, and stops both listeners', async () => {
    await using service = await startService({ DATABASE_URL: database.url, OPERATIONS_PORT: '0' })
    const [operations = ''] = /http:\/\/localhost:\d+/.exec(await service.line(/operations http/)) ?? []
    const ask = async (url: string) => {
      const response = await fetch(url)
      return { status: response.status, text: await response.text() }
    }

    expect(operations).not.toBe(service.url)
    expect((await ask(`${operations}/metrics`)).text).toContain('lottery_lotteries{status="overdue"} 0')
    expect((await service.get('/metrics')).status).toBe(404)
    expect(JSON.parse((await ask(`${operations}/health/ready`)).text)).toHaveProperty('overdue_lotteries')
    expect((await service.get('/health/ready')).body).toEqual({ status: 'ready' })

    expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(service.output).toContain('service stopped')
    expect(service.output).not.toContain('could not stop')
    await expect(fetch(operations)).rejects.toThrow()
  })

  it('fails on a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo

    await using service = new RunningService({ DATABASE_URL: database.url, OPERATIONS_PORT: String(port) })

    expect(await service.exit).toEqual({ code: 1, signal: null })
    expect(service.output).toContain(`OPERATIONS_PORT: port ${port} of 127.0.0.1 is in use by another program`)
    other.close()
  })
})

describe('the service without other settings', () => {
  it('refuses the 61st registration of an address in a minute', async () => {
    await using service = await startService({ DATABASE_URL: database.url })
    const register = (n: number) => service.post('/users', { email: `person-${n}@example.org` })

    const statuses = []
    for (let n = 1; n <= 61; n += 1) statuses.push((await register(n)).status)

    expect(statuses.filter((status) => status === 201)).toHaveLength(60)
    expect(statuses.at(-1)).toBe(429)
  })
})
