import { TokenSigner } from '../../src/access/infrastructure/token-signer.ts'
import { TOKEN_SEED } from '../../tests/support/access.ts'
import { alternate, figures, type Throughput } from '../comparison.ts'
import type { Stage } from '../stage.ts'
import { runSubmits, type SubmitLoad } from '../submit-phase.ts'
import type { Row } from '../table.ts'

/** Compares submits with the tokens of a thousand participants with submits without tokens. */
export async function submittingWithTokens(stage: Stage, open: SubmitLoad): Promise<Row> {
  const signer = new TokenSigner(TOKEN_SEED)
  const issue = (subject: string) => signer.issue({ role: 'participant', subject, minutes: 60 }, Date.now())
  const tokens = await Promise.all(stage.users.map(issue))
  const { open: compared } = await alternate<Throughput, 'open'>(
    () => runSubmits(stage, { ...open, name: 'with tokens', tokens }),
    { open: () => runSubmits(stage, open) },
  )
  return {
    measure: `submits with tokens, ${stage.options.connections} connections, against submits without`,
    ...figures(compared, ({ rate }) => rate),
    unit: '/s',
    target: { atLeast: 0.8 },
  }
}
