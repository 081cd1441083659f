import { z } from 'zod'
import { hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import type { Entropy } from '../domain/entropy.ts'

export const entropySchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('commit-reveal'), commitment: hexSchema }),
    z.object({ kind: z.literal('drand'), chain_hash: hexSchema, round: z.int().positive() }),
  ])
  .meta({
    description: 'Randomness of the draw, fixed at the creation of the lottery; a late seal takes a later round',
  })

/** `round` is that of the seal; without one, the regular round. */
export function toEntropyBody(entropy: Entropy, round?: number): z.infer<typeof entropySchema> {
  if (entropy.kind === 'commit-reveal') return { kind: entropy.kind, commitment: hex(entropy.commitment) }
  return { kind: entropy.kind, chain_hash: hex(entropy.chainHash), round: round ?? entropy.round }
}
