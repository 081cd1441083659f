import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { BeaconServer } from '../support/beacon-server.ts'
import { forgeBallots, userOf } from '../support/forge/draw.ts'
import { forgeBeacon } from '../support/forge/keys.ts'
import { forgeLottery } from '../support/forge/lottery.ts'
import type { Plan } from '../support/forge/plan.ts'
import { Operator, Reader } from './operator.ts'

const DATE = '2026-11-22'
const SEALED_AT = Date.parse('2026-11-23T00:00:00.010Z')
const beacon = forgeBeacon()

/** An operator who does not go on after some events of a lottery. */
async function stuckAfter(events: number, changes: Partial<Plan> = {}) {
  const operator = await Operator.open()
  const reader = await Reader.open()
  const relay = await BeaconServer.open(beacon.chain.chain_hash, beacon.sign)
  const ballots = forgeBallots(DATE, 9)
  const lottery = forgeLottery(operator.world, {
    date: DATE,
    beacon,
    ballots,
    prizes: 2,
    sealedAt: SEALED_AT,
    ...changes,
  })
  operator.serve(lottery)
  operator.world.lines.length = events
  await writeFile(reader.path('chain.json'), JSON.stringify(beacon.chain))
  const options = ['--chain', reader.path('chain.json'), '--beacon', relay.url]
  return {
    operator,
    relay,
    lottery,
    visit: (at: string, ...args: string[]) => reader.visit(operator.url, at, ...options, ...args),
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
      await relay[Symbol.asyncDispose]()
    },
  }
}

it('draws a sealed lottery itself when it is not closed 10 minutes after its round', async () => {
  await using scene = await stuckAfter(2)
  const { winners } = scene.lottery.evidence
  const early = await scene.visit('2026-11-23T00:10:00Z')
  const late = await scene.visit('2026-11-23T00:12:00Z')
  const again = await scene.visit('2026-11-23T00:13:00Z')

  expect(early.text).toContain(`${DATE}  sealed at 2026-11-23T00:00:00.010Z, not closed yet`)
  const words = winners.map(
    ({ ordinal, ballot_id }, i) => `rank ${i + 1} ordinal ${String(ordinal)}, ballot ${String(ballot_id)}`,
  )
  expect(late.text).toContain(`drawn by the monitor with round 34196232: ${words.join('; ')}`)
  expect(late.text).toContain('ALARM')
  expect(again.text).toContain(words.join('; '))
  expect(scene.relay.requested).toHaveLength(1)
  expect([early.exit, late.exit, again.exit]).toEqual([0, 0, 0])
})

it('says the ordinals without the ledger, and nothing without a right signature', async () => {
  await using scene = await stuckAfter(2)
  const { winners } = scene.lottery.evidence
  scene.relay.manner = 'forged'
  const forged = await scene.visit('2026-11-23T00:12:00Z')
  scene.relay.manner = 'honest'
  scene.operator.withheld.add(`/lotteries/${DATE}/ledger`)
  const withheld = await scene.visit('2026-11-23T00:12:00Z')

  expect(forged.text).toContain('no relay gave the signature of round 34196232')
  const ordinals = winners.map(({ ordinal }) => ordinal).join(', ')
  expect(withheld.text).toContain(`ordinal ${ordinals}; the ledger is not served`)
})

it('sees a ledger that does not give the sealed root', async () => {
  await using scene = await stuckAfter(2)
  scene.operator.serve({ ...scene.lottery, ledger: scene.lottery.ledger.slice(1) })
  const { exit, text } = await scene.visit('2026-11-23T00:12:00Z')

  expect(text).toContain(`The ledger of ${DATE} contradicts its seal`)
  expect(exit).toBe(1)
})

it('sees a ledger in which a ballot comes twice', async () => {
  const ballots = forgeBallots(DATE, 4)
  await using scene = await stuckAfter(2, { ballots: [...ballots, ...ballots.slice(-1)] })
  const { exit, text } = await scene.visit('2026-11-23T00:12:00Z')

  expect(text).toContain('has a ballot id that another has')
  expect(exit).toBe(1)
})

it('says the seed when ballots are excluded, and that the winner cannot be computed', async () => {
  const salt = '00'.repeat(16)
  const exclusion = { ordinal: 2, event_id: '0190f5fe-7c00-7a00-9000-000000000001', user_id: userOf(2), salt }
  await using scene = await stuckAfter(2, { exclusions: [exclusion] })
  const { text } = await scene.visit('2026-11-23T00:12:00Z')

  expect(text).toContain(`the seed is ${scene.lottery.evidence['seed'] as string}, but the winner cannot be computed`)
  expect(text).toContain('1 of 9 ballots are excluded')
})

it('says that the operator withholds the result of commit-reveal', async () => {
  await using scene = await stuckAfter(2, { kind: 'commit-reveal' })
  const { exit, text } = await scene.visit('2026-11-23T00:12:00Z')

  expect(text).toContain('ALARM sealed at 2026-11-23T00:00:00.010Z, but not closed: the operator withholds the result')
  expect(exit).toBe(0)
})

it('alarms when a lottery is not sealed 10 minutes after its midnight', async () => {
  await using scene = await stuckAfter(1)

  expect((await scene.visit('2026-11-23T00:10:00Z')).text).toContain(`${DATE}  open`)
  expect((await scene.visit('2026-11-23T00:10:01Z')).text).toContain(`${DATE}  ALARM not sealed`)
})
