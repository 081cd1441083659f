import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'

/** The signed note over a lottery's ledger of this size; its origin is `<ledger name>/<date>`. */
export function signedCheckpoint(signer: CheckpointSigner, date: CalendarDate, size: number, root: Hash): string {
  return signer.sign({ origin: `${signer.name}/${date}`, size, root })
}
