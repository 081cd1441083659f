import { z } from 'zod'
import { EXAMPLE_HASH, hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { ballotSchema, EXAMPLE_BALLOT, EXAMPLE_DATE, toBallotBody } from './schemas.ts'

export const EXAMPLE_CHECKPOINT =
  `lottery.local/${EXAMPLE_DATE}\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n` +
  `— lottery.local ${Buffer.alloc(68).toString('base64')}\n`

export const receiptSchema = z
  .object({
    ...ballotSchema.shape,
    entry: hexSchema.meta({ description: 'The 64 bytes that the ledger holds of the ballot' }),
    salt: hexSchema.meta({ description: 'Yours alone: it shows that the entry is of your ballot' }),
    leaf_hash: hexSchema,
    checkpoint: z.string().meta({ description: 'Signed note: the ledger as it stood with the ballot in it' }),
  })
  .meta({
    id: 'Receipt',
    description: 'The ballot as it was taken in, and a promise that the service can be held to: keep it',
    examples: [
      {
        ...EXAMPLE_BALLOT,
        entry: EXAMPLE_HASH + EXAMPLE_HASH,
        salt: '000102030405060708090a0b0c0d0e0f',
        leaf_hash: EXAMPLE_HASH,
        checkpoint: EXAMPLE_CHECKPOINT,
      },
    ],
  })

export function toReceiptBody(ballot: EnteredBallot, checkpoint: string): z.infer<typeof receiptSchema> {
  const { entry, salt, leaf } = ballot
  return { ...toBallotBody(ballot), entry: hex(entry), salt: hex(salt), leaf_hash: hex(leaf), checkpoint }
}
