import { Refusal } from '../../src/verify/json.ts'
import { type Inputs, verify } from '../../src/verify/verify.ts'

/** Exit code of the verifier, and all that it says. */
export async function verdictOf(inputs: Inputs): Promise<{ exit: number; text: string; conflicts: number }> {
  try {
    const { verdict, checks, missing, summary, headline, conflicts } = await verify(inputs)
    const failed = checks.filter(({ ok }) => !ok).map(({ what, because }) => `FAILED ${what} ${because ?? ''}`)
    return {
      exit: verdict,
      text: [...failed, ...missing, ...summary, headline].join('\n'),
      conflicts: conflicts.length,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { exit: 2, text: error.message, conflicts: 0 }
  }
}
