import { z } from 'zod'
import { EXAMPLE_HASH, hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { EXAMPLE_BALLOT, EXAMPLE_DATE, ownedBallotSchema, toOwnedBallotBody } from './schemas.ts'

export const EXAMPLE_CHECKPOINT =
  `lottery.local/${EXAMPLE_DATE}\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n` +
  `— lottery.local ${Buffer.alloc(68).toString('base64')}\n`

export const EXAMPLE_RECEIPT = {
  ...EXAMPLE_BALLOT,
  entry: EXAMPLE_HASH + EXAMPLE_HASH,
  salt: '000102030405060708090a0b0c0d0e0f',
  leaf_hash: EXAMPLE_HASH,
  checkpoint: EXAMPLE_CHECKPOINT,
}

export const receiptSchema = z
  .object({
    ...ownedBallotSchema.shape,
    entry: hexSchema.meta({ description: 'Ledger entry of the ballot, 64 bytes' }),
    salt: hexSchema.meta({
      description: 'Known to the participant alone. It proves that the entry belongs to this user.',
    }),
    leaf_hash: hexSchema,
    checkpoint: z.string().meta({ description: 'Signed note over a ledger that contains the ballot' }),
  })
  .meta({
    id: 'Receipt',
    description: 'The accepted ballot, with the signed promise that it is in the ledger. Keep the receipt as proof.',
    examples: [EXAMPLE_RECEIPT],
  })

export function toReceiptBody(ballot: EnteredBallot, checkpoint: string): z.infer<typeof receiptSchema> {
  const { entry, salt, leaf } = ballot
  return { ...toOwnedBallotBody(ballot), entry: hex(entry), salt: hex(salt), leaf_hash: hex(leaf), checkpoint }
}
