import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { forgeBallots } from '../support/forge/draw.ts'
import { forgeLottery } from '../support/forge/lottery.ts'
import type { ForgedLottery, Plan } from '../support/forge/plan.ts'
import type { World } from '../support/forge/world.ts'
import { Operator, Reader } from './operator.ts'

export const DAY = '2026-11-22'
export const NEXT = '2026-11-23'
export const NOW = '2026-11-24T12:00:00Z'

/** A lie, what the monitor says of it, and proofs that it saves. */
export type Lie = readonly [lie: string, says: string, proofs: readonly string[], tell: (operator: Operator) => unknown]

export function lotteryOf(world: World, date: string, changes: Partial<Plan> = {}): ForgedLottery {
  const sealedAt = Date.parse(date) + 86_400_010
  return forgeLottery(world, { date, kind: 'commit-reveal', ballots: forgeBallots(date, 6), sealedAt, ...changes })
}

/** An operator with one closed lottery, whom the reader has visited once. */
export async function visited() {
  const operator = await Operator.open()
  const reader = await Reader.open()
  operator.serve(lotteryOf(operator.world, DAY))
  expect((await reader.visit(operator.url, NOW)).exit).toBe(0)
  return {
    operator,
    reader,
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
    },
  }
}

/** Tests that the monitor sees each lie, saves proofs of it, and does not go on from there. */
export function seesEach(lies: readonly Lie[]): void {
  it.each(lies)('sees that an operator %s', async (_, says, proofs, tell) => {
    await using scene = await visited()
    const { operator, reader } = scene
    const before = await readFile(reader.path('state.json'), 'utf8')
    tell(operator)
    const { exit, text } = await reader.visit(operator.url, NOW)

    expect(text).toContain(says)
    expect(exit).toBe(1)
    expect(await reader.proofs()).toEqual(expect.arrayContaining([...proofs]))
    expect(await readFile(reader.path('state.json'), 'utf8')).toBe(before)
    expect((await reader.visit(operator.url, NOW)).exit).toBe(1)
  })
}
