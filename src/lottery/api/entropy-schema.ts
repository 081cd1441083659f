import { z } from 'zod'
import type { Entropy } from '../domain/entropy.ts'

export const EXAMPLE_HASH = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'

/** Bytes, in lower-case hex. */
export const hexSchema = z.string().meta({ examples: [EXAMPLE_HASH] })

export const entropySchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('commit-reveal'), commitment: hexSchema }),
    z.object({ kind: z.literal('drand'), chain_hash: hexSchema, round: z.int().positive() }),
  ])
  .meta({ description: 'The randomness the lottery is drawn with, fixed at its creation' })

export function toEntropyBody(entropy: Entropy): z.infer<typeof entropySchema> {
  if (entropy.kind === 'commit-reveal') return { kind: entropy.kind, commitment: hex(entropy.commitment) }
  return { kind: entropy.kind, chain_hash: hex(entropy.chainHash), round: entropy.round }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
