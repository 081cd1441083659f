import { describe, expect, it } from 'vitest'
import { type ForgedBallot, userOf } from '../support/forge/draw.ts'
import { NoteKey } from '../support/forge/keys.ts'
import { NaiveTree, sha256 } from '../support/rfc6962.ts'
import { forged, honest, type Lie, seesEach } from './lies.ts'
import { BALLOTS, DATE, scenario } from './scenario.ts'
import { verdictOf } from './verdict.ts'

const { lottery, world } = honest
const receiptOf = (ordinal: number, changes: object = {}) => JSON.stringify({ ...lottery.receipt(ordinal), ...changes })
const withReceipt = (receipt: string) => () => honest.inputs({ receipt, ledger: honest.ledger() })

const ballots = (changes: Readonly<Record<number, Partial<ForgedBallot>>>) => ({
  ballots: BALLOTS.map((ballot, i) => ({ ...ballot, ...changes[i] })),
})

const promise = 'FAILED The log signed a checkpoint of the receipt'
const entry = 'FAILED The entry of the receipt is ballot'
const ABOUT_RECEIPTS: readonly Lie[] = [
  [
    'a receipt is that of another day',
    1,
    'FAILED The receipt is for the lottery of',
    withReceipt(JSON.stringify(honest.previous.receipt(1))),
  ],
  ['a receipt names another user', 1, entry, withReceipt(receiptOf(4, { user_id: userOf(9) }))],
  ['a receipt names another ballot', 1, entry, withReceipt(receiptOf(4, { id: BALLOTS[0]?.id }))],
  ['a receipt names another time', 1, entry, withReceipt(receiptOf(4, { submitted_at: '2023-08-22T00:00:00.000Z' }))],
  ['a receipt names another leaf', 1, entry, withReceipt(receiptOf(4, { leaf_hash: 'ab'.repeat(32) }))],
  [
    'a receipt was signed before its ballot',
    1,
    promise,
    withReceipt(receiptOf(4, { checkpoint: lottery.receipt(3)['checkpoint'] })),
  ],
  [
    'a receipt was signed by another key',
    1,
    promise,
    withReceipt(
      receiptOf(4, { checkpoint: scenario({}, NoteKey.log('lottery.test', 2)).lottery.receipt(4)['checkpoint'] }),
    ),
  ],
  [
    'a receipt has an ordinal of another ballot',
    1,
    'FAILED Line 1 of the ledger',
    withReceipt(receiptOf(4, { ordinal: 1 })),
  ],
  [
    'the ballot of a receipt wins under another user',
    1,
    'FAILED The evidence names the ballot and the user of the receipt',
    () => {
      const winner = lottery.evidence.winners[0]?.['ordinal'] as number
      const stolen = scenario({ ...ballots({ [winner - 1]: { userId: userOf(9) } }), indexes: [winner - 1], prizes: 1 })
      return stolen.inputs({ receipt: receiptOf(winner) })
    },
  ],
  [
    'the ballot of a banned user was not excluded, as the log shows',
    1,
    'FAILED The ballot of the receipt is excluded, since its user was banned',
    () => {
      const lenient = scenario({ exclusions: [], prizes: 1 })
      return lenient.inputs({ receipt: JSON.stringify(lenient.lottery.receipt(2)) })
    },
  ],
  [
    'a receipt is no receipt',
    2,
    'the receipt has the unknown field',
    () => honest.inputs({ receipt: JSON.stringify(lottery.proof(1)) }),
  ],
]

const path = 'FAILED The proof leads from the entry of the receipt'
const withProof =
  (proof: string, receipt = receiptOf(4)) =>
  () =>
    honest.inputs({ receipt, proof })
const proofOf = (changes: object) => JSON.stringify({ ...lottery.proof(4), ...changes })
const ABOUT_PROOFS: readonly Lie[] = [
  [
    'a proof is that of another ballot',
    1,
    'FAILED The proof is of ordinal 4',
    withProof(JSON.stringify(lottery.proof(3))),
  ],
  ['a proof is of a smaller ledger', 1, 'FAILED The proof is of ordinal 4 in 6', withProof(proofOf({ size: 5 }))],
  ['a proof gives another root', 1, path, withProof(proofOf({ root: 'ab'.repeat(32) }))],
  ['a proof lacks a hash', 1, path, withProof(proofOf({ proof: lottery.proof(4).proof.slice(1) }))],
  ['a text proof is that of another ballot', 1, 'FAILED The proof is of ordinal 4', withProof(lottery.textProof(3))],
  [
    'a text proof is of a ledger signed by another key',
    1,
    'FAILED The log signed the checkpoint of the proof.',
    withProof(scenario({}, NoteKey.log('lottery.test', 2)).lottery.textProof(4)),
  ],
  [
    'a text proof is of another ledger of that size',
    1,
    'two signed notes of',
    withProof(scenario(ballots({ 0: { userId: userOf(9) } })).lottery.textProof(4)),
  ],
  [
    'a text proof is malformed',
    2,
    'the proof is no tlog-proof',
    withProof(lottery.textProof(4).replace('index 3', 'index -3')),
  ],
  [
    'a proof comes without a receipt',
    2,
    '--proof needs --receipt',
    () => honest.inputs({ proof: lottery.textProof(4) }),
  ],
]

describe('verifying with a receipt', () => seesEach(ABOUT_RECEIPTS))
describe('verifying with a proof', () => seesEach(ABOUT_PROOFS))

describe('a broken promise', () => {
  const origin = `${world.key.name}/${DATE}`
  const root = (size: number) => new NaiveTree(Array.from({ length: size }, (_, i) => sha256(Buffer.of(i)))).root(size)

  it.each([
    ['a receipt of a larger ledger than the sealed one', 7],
    ['a receipt of another ledger of the same size', 6],
    ['a receipt of a smaller ledger that is no part of it', 5],
  ])('is proven by %s', async (_, size) => {
    const receipt = receiptOf(4, { checkpoint: world.sign(origin, size, root(size)) })
    const { exit, conflicts } = await verdictOf(withReceipt(receipt)())

    expect([exit, conflicts]).toEqual([1, 1])
  })

  it('needs the ledger to be seen in a smaller ledger', async () => {
    const receipt = receiptOf(4, { checkpoint: world.sign(origin, 5, root(5)) })
    const { exit, text } = await verdictOf(forged({}, { receipt })())

    expect(text).toContain('Add --ledger or --proof')
    expect(exit).toBe(0)
  })
})
