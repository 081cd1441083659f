import { expect, it } from 'vitest'
import { NoteKey } from '../support/forge/keys.ts'
import { forgeLottery } from '../support/forge/lottery.ts'
import { BALLOTS, DATE, DUE, IN_TIME, SEALED_AT } from '../verify/scenario.ts'
import { Operator, Reader } from './operator.ts'

const witness = NoteKey.witness('witness.test', 100)
const TIMES = [SEALED_AT + 20_000, SEALED_AT + 120_000, DUE * 1000 + 3_600_000]
const [SEEN, CLOSED, LATER] = TIMES.map((time) => new Date(time).toISOString())

it.each([
  ['the monitor saw its seal before the round was due', true, [], 'verified'],
  ['a witness did', false, ['--witness', witness.vkey], 'verified'],
  ['neither did, as far as the reader knows', false, [], 're-computes'],
])('judges a lottery by quicknet, when %s', async (_, hasSeen, options, verdict) => {
  await using operator = await Operator.open()
  await using reader = await Reader.open()
  const { world } = operator
  const cosignings = [[witness, IN_TIME]] as const
  const lottery = forgeLottery(world, { date: DATE, ballots: BALLOTS, sealedAt: SEALED_AT, cosignings })
  const closed = world.lines.pop() as string
  const open = hasSeen ? await reader.visit(operator.url, SEEN as string, ...options) : undefined
  world.lines.push(closed)
  operator.serve(lottery)
  const { exit, text } = await reader.visit(operator.url, LATER as string, '--key', world.key.vkey, ...options)

  expect(open?.text ?? '').toContain(hasSeen ? 'not closed yet' : '')
  expect(text).toContain(`${DATE}  ${verdict}; won: ordinal`)
  expect(exit).toBe(0)
})

it('waits for cosignatures that the evidence gets after the close', async () => {
  await using operator = await Operator.open()
  await using reader = await Reader.open()
  const cosignings = [[witness, IN_TIME]] as const
  const lottery = forgeLottery(operator.world, { date: DATE, ballots: BALLOTS, sealedAt: SEALED_AT, cosignings })
  const visit = () => reader.visit(operator.url, CLOSED as string, '--witness', witness.vkey)
  operator.serve(lottery, ({ audit }) => {
    audit.witnessed = null
  })
  const before = await visit()
  operator.serve(lottery)
  const after = await visit()

  expect(before.text).toContain(`${DATE}  re-computes`)
  expect(after.text).toContain(`${DATE}  verified`)
})

it('refuses a witness that is none', async () => {
  await using operator = await Operator.open()
  await using reader = await Reader.open()
  const { exit, text } = await reader.visit(operator.url, LATER as string, '--witness', 'nobody')

  expect(text).toContain('--witness nobody is no key of a witness')
  expect(exit).toBe(2)
})
