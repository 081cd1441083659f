import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'

/** Signed note over this head of a lottery's ledger. Its origin is `<ledger name>/<date>`. */
export function signedCheckpoint(signer: CheckpointSigner, date: CalendarDate, { size, root }: TreeHead): string {
  return signer.sign({ origin: `${signer.name}/${date}`, size, root })
}
