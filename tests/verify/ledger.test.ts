import { expect, it } from 'vitest'
import { readLedger } from '../../src/verify/ledger.ts'
import { DATE, entryAt } from '../support/archived-ledger.ts'
import { hexOf } from '../support/vectors.ts'
import { linesIn } from '../support/verifying.ts'

/** Two entries of one ballot id. */
const LINES = [entryAt(1), entryAt(1)].map(hexOf).join('\n')
const WANTED = { date: DATE, ordinals: new Set<number>(), sizes: [] }

it('finds a ballot id that comes twice', async () => {
  const { faults } = await readLedger(linesIn(LINES), WANTED)

  expect(faults).toEqual(['the entry of ordinal 2 has a ballot id that another has'])
})

it('leaves ballot ids to the set that the caller gives', async () => {
  const asked: string[] = []
  const ids = { add: (id: Uint8Array) => asked.push(hexOf(id)) > 0 }

  expect((await readLedger(linesIn(LINES), WANTED, ids)).faults).toEqual([])
  expect(asked).toEqual([1, 2].map(() => `00000001${'01'.repeat(12)}`))
})
