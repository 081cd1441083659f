import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { userOf } from '../support/forge/draw.ts'
import { NoteKey } from '../support/forge/keys.ts'
import type { ForgedLottery } from '../support/forge/plan.ts'
import { World } from '../support/forge/world.ts'
import { DAY, lotteryOf, NEXT, NOW, seesEach, visited } from './lies.ts'

it('accepts an honest operator', async () => {
  await using scene = await visited()
  const { operator, reader } = scene
  operator.world.append({
    type: 'user.registered.v1',
    aggregate: `user/${userOf(2)}`,
    at: 0,
    data: { user_id: userOf(2) },
  })
  operator.serve(lotteryOf(operator.world, NEXT))
  const { exit, text } = await reader.visit(operator.url, NOW)

  expect(text).toContain(`${NEXT}  re-computes; won: ordinal`)
  expect(exit).toBe(0)
  expect(await reader.proofs()).toEqual([])
})

seesEach([
  [
    'names another winner in the evidence',
    `The evidence of ${NEXT} is NOT verified.`,
    [`${NEXT}-evidence.json`],
    (operator) => {
      operator.serve(lotteryOf(operator.world, NEXT), ({ winners }) => {
        const [winner = {}] = winners
        winner['ordinal'] = (winner['ordinal'] as number) === 1 ? 2 : 1
      })
    },
  ],
  [
    'draws another winner in every document',
    `The evidence of ${NEXT} is NOT verified.`,
    [`${NEXT}-evidence.json`],
    (operator) => {
      const { evidence } = lotteryOf(new World(), NEXT)
      const wrong = ((evidence.winners[0]?.['ordinal'] as number) + 1) % 6
      operator.serve(lotteryOf(operator.world, NEXT, { indexes: [wrong] }))
    },
  ],
  [
    'serves the evidence of another day',
    `The evidence of ${NEXT} is NOT verified. Not true: its date.`,
    [`${NEXT}-evidence.json`],
    ({ world, lotteries }) => {
      lotteryOf(world, NEXT)
      lotteries.set(NEXT, lotteries.get(DAY) as ForgedLottery)
    },
  ],
  [
    'serves evidence that is none',
    `The evidence of ${NEXT} is no evidence`,
    [`${NEXT}-evidence.json`],
    (operator) => {
      operator.serve(lotteryOf(operator.world, NEXT), (evidence) => {
        evidence['extra'] = 1
      })
    },
  ],
  [
    'serves a ledger that is none',
    'is not 64 bytes in hex',
    [`${NEXT}-evidence.json`],
    (operator) => operator.serve({ ...lotteryOf(operator.world, NEXT), ledger: ['oops'] }),
  ],
  [
    'serves a ledger without a ballot',
    'The 6 entries of the ledger give the sealed root.',
    [`${NEXT}-evidence.json`],
    (operator) => {
      const lottery = lotteryOf(operator.world, NEXT)
      operator.serve({ ...lottery, ledger: lottery.ledger.slice(1) })
    },
  ],
])

it.each(['evidence', 'ledger'])(
  'alarms when the %s of a closed lottery is not served, and keeps the log',
  async (part) => {
    await using scene = await visited()
    const { operator, reader } = scene
    operator.serve(lotteryOf(operator.world, NEXT))
    operator.withheld.add(`/lotteries/${NEXT}/${part}`)
    const { exit, text } = await reader.visit(operator.url, NOW)

    expect(text).toContain(`${NEXT}  ALARM closed, but its evidence, its ledger or the log is not served`)
    expect(text).toContain('6 events, 2 lotteries, 1 alarms, no contradictions')
    expect(exit).toBe(0)
    operator.world.lines.pop()
    expect((await reader.visit(operator.url, NOW)).text).toContain('The log has 5 events now, and had 6 before.')
  },
)

it('gives no verdict without an answer, with wrong use, and with a damaged state', async () => {
  await using scene = await visited()
  const { operator, reader } = scene
  const other = NoteKey.log('lottery.test', 2).vkey

  expect(await reader.visit(operator.url, NOW, '--key', other)).toMatchObject({ exit: 2 })
  expect(await reader.visit('ftp://operator', NOW)).toMatchObject({ exit: 2 })
  expect(await reader.visit(operator.url, NOW, '--often')).toMatchObject({ exit: 2 })
  operator.withheld.add('/audit/checkpoint')
  expect((await reader.visit(operator.url, NOW)).text).toContain('/audit/checkpoint answered 404')
  const { url } = operator
  await operator[Symbol.asyncDispose]()
  expect(await reader.visit(url, NOW)).toMatchObject({ exit: 2, text: expect.stringContaining('did not answer') })
  const state = await readFile(reader.path('state.json'), 'utf8')
  await writeFile(reader.path('state.json'), state.replace(/"range":\["../, '"range":["00'))
  expect((await reader.visit(url, NOW)).text).toContain('or it is damaged')
  await writeFile(reader.path('state.json'), '{}')
  expect((await reader.visit(url, NOW)).text).toContain('is no state of the monitor')
  expect(await reader.proofs()).toEqual([])
})
