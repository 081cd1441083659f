import { expect, it } from 'vitest'
import type { Inputs } from '../../src/verify/verify.ts'
import { saidByCommandLine, saidByPage } from '../pages/said.ts'
import type { ForgedEvidence } from '../support/forge/plan.ts'
import { type Changes, scenario } from './scenario.ts'

/** A lie, the exit code that it gets, a part of what the verifier says of it, and what is handed to the verifier. */
export type Lie = readonly [lie: string, exit: 1 | 2 | 3, says: string, inputs: () => Inputs]

export const honest = scenario()

/** A lottery made with a lie, which the operator logged and signed. */
export const forged =
  (changes: Changes, given: Partial<Inputs> = {}) =>
  () =>
    scenario(changes).inputs(given)

/** The honest evidence, changed afterwards. */
export const edited = (edit: (evidence: ForgedEvidence) => unknown) => () => honest.inputs({}, edit)

/** Tests that the verifier sees each lie and says so, and that its page says word by word what the command line says. */
export function seesEach(lies: readonly Lie[]): void {
  it.each(lies)('sees that %s', async (_, exit, says, inputs) => {
    const verdict = await saidByCommandLine(inputs())

    expect(verdict.text.replaceAll('FAILED  ', 'FAILED ')).toContain(says)
    expect(verdict.exit).toBe(exit)
    expect(await saidByPage(inputs())).toEqual(verdict)
  })
}
