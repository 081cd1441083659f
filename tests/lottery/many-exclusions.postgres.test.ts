import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeLargeLottery } from '../../bench/large-lottery.ts'
import { CAUSE, date } from '../support/builders.ts'
import { PostgresService, type Replica } from '../support/postgres-service.ts'
import { storedFindings } from '../support/stored-findings.ts'

const DAY = date('2031-05-14')

let service: PostgresService
let replica: Replica

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  replica = await service.replica(4)
})
afterEach(() => service.stop())

it('a lottery with 20,000 excluded ballots, two whole pages of them, is sealed and drawn among the others', async () => {
  const users = []
  for (const name of ['ada', 'ben', 'cleo', 'dan', 'eve']) {
    const { user } = await replica.user.registerUser.execute({ email: `${name}@example.org`, name }, CAUSE)
    users.push(user.id)
  }
  await writeLargeLottery(service.url, { date: DAY, size: 25_000, users })
  for (const id of users.slice(1)) await replica.user.banUser.ban(id, CAUSE)
  await service.clock.moveTo('2031-05-15T00:00:01Z')

  const { seal, draw } = await replica.lottery.closeLottery.execute(DAY, CAUSE)

  expect(seal?.excludedCount).toBe(20_000)
  expect((draw?.winner?.ordinal ?? 0) % 5).toBe(1) // Ada has every fifth ballot
  expect(await storedFindings(replica.pool)).toEqual([])
}, 60_000)
