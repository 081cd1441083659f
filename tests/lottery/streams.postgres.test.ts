import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { aSubmit, CAUSE, date } from '../support/builders.ts'
import { ledgerOf } from '../support/ledger.ts'
import { PostgresService, type Replica, submit } from '../support/postgres-service.ts'

const DAY = date('2031-05-14')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:01Z'

let service: PostgresService
let replica: Replica
let app: FastifyInstance

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  replica = await service.replica()
  app = await buildApp(replica, { maxEventLoopDelayMs: 0 })
})
afterEach(async () => {
  await app.close()
  await service.stop()
})

describe('the ledger of 100,000 ballots', () => {
  const COUNT = 100_000

  beforeEach(async () => {
    await replica.lottery.createLottery.execute(DAY, CAUSE)
    await service.query(
      `insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
       select '${DAY}', n, gen_random_uuid(), gen_random_uuid(), decode(md5(n::text), 'hex'), '${NOON}'
       from generate_series(1, ${COUNT}) n`,
    )
    // No test of this block reads the root, so the hashes may be arbitrary.
    const ledgerRange = Buffer.concat(ledgerOf(COUNT).hashes)
    await service.query('update lotteries set ballot_count = $1, ledger_range = $2', [COUNT, ledgerRange])
    await app.listen({ port: 0, host: '127.0.0.1' })
  })

  it('is sent over HTTP in constant memory, and is read no longer when its reader disconnects', async () => {
    const { port } = app.server.address() as AddressInfo
    const held = heldMemory()
    let bytes = 0

    const { body } = await fetch(`http://127.0.0.1:${port}/lotteries/${DAY}/ledger`)
    for await (const chunk of body as ReadableStream<Uint8Array>) {
      bytes += chunk.length
      held.lookAfter(bytes)
    }

    expect(bytes).toBe(COUNT * 129) // 64 bytes in hex, and a line feed
    expect(held.median()).toBeLessThan(bytes / 2)

    let statements = 0
    replica.pool.on('acquire', () => (statements += 1))

    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /lotteries/${DAY}/ledger HTTP/1.1\r\nhost: localhost\r\n\r\n`)
    await once(socket, 'data')
    socket.destroy()
    await app.close()
    if (replica.pool.idleCount < replica.pool.totalCount) await once(replica.pool, 'release')

    expect(statements).toBeLessThan(40) // of 50 pages
  }, 60_000)
})

describe('the evidence of 50,000 excluded ballots', () => {
  const COUNT = 50_000

  it('is sent over HTTP in constant memory', async () => {
    const [ada] = (await service.users(1)) as [UserId]
    await submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closingSchedule.wake()
    // The database refuses ballots and exclusions after the close, except from its owner.
    await service.query(
      `set session_replication_role = replica;
       insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
       select '${DAY}', n, gen_random_uuid(), gen_random_uuid(), decode(md5(n::text), 'hex'), '${NOON}'
       from generate_series(2, ${COUNT}) n;
       insert into exclusions select '${DAY}', n, gen_random_uuid() from generate_series(1, ${COUNT}) n;
       set session_replication_role = default; analyze ballots; analyze exclusions`,
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const held = heldMemory()
    let bytes = 0

    const { body } = await fetch(`http://127.0.0.1:${port}/lotteries/${DAY}/evidence`)
    for await (const chunk of body as ReadableStream<Uint8Array>) {
      bytes += chunk.length
      held.lookAfter(bytes)
    }

    expect(bytes / COUNT).toBeGreaterThan(150)
    expect(held.median()).toBeLessThan(bytes / 2)
  }, 60_000)
})

/**
 * Memory in bytes that is still held after garbage collections, one for every MiB of a response. The median leaves out the
 * moments in which a page has just arrived.
 */
function heldMemory(): { lookAfter(bytes: number): void; median(): number } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const look = () => {
    collect()
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  }
  const before = look()
  const looks: number[] = []
  return {
    lookAfter: (bytes) => {
      if (bytes >= (looks.length + 1) * 2 ** 20) looks.push(look() - before)
    },
    median: () => looks.toSorted((a, b) => a - b)[looks.length >> 1] ?? Number.NaN,
  }
}
