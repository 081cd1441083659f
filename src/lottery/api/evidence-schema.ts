import { z } from 'zod'
import { EXAMPLE_HASH, hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import type { Evidence } from '../application/find-evidence.ts'
import { EXAMPLE_CHECKPOINT } from './receipt-schema.ts'
import { EXAMPLE_DATE } from './schemas.ts'

const commitReveal = z.object({ kind: z.literal('commit-reveal'), commitment: hexSchema, secret: hexSchema })
const drand = z.object({
  kind: z.literal('drand'),
  chain_hash: hexSchema,
  public_key: hexSchema,
  period: z.int().positive(),
  genesis: z.int().positive(),
  group_hash: hexSchema,
  beacon_id: z.string().meta({ examples: ['quicknet'] }),
  scheme: z.string().meta({ examples: ['bls-unchained-g1-rfc9380'] }),
  round: z.int().positive(),
  signature: hexSchema,
  late: z.boolean(),
})

/** Evidence document of lottery-draw-v1 section 5. */
export const evidenceSchema = z
  .object({
    version: z.literal('lottery-draw-v1'),
    lottery_date: z.string().meta({ format: 'date' }),
    ballot_count: z.int().nonnegative(),
    root: hexSchema,
    exclusions: z.array(z.object({ ordinal: z.int().positive(), reason: z.literal('banned') })),
    seal: hexSchema,
    seal_hash: hexSchema,
    checkpoint: z.string().meta({ description: 'Signed note over the final ledger' }),
    verifier_key: z.string().meta({ description: 'C2SP verifier key of the checkpoint' }),
    entropy: z.discriminatedUnion('kind', [commitReveal, drand]),
    seed: hexSchema,
    winning_ordinal: z.int().positive().nullable(),
    winner: z.object({ entry: hexSchema, proof: z.array(hexSchema) }).nullable(),
  })
  .meta({
    id: 'Evidence',
    description: 'Document with which an outsider recomputes a draw offline',
    examples: [
      {
        version: 'lottery-draw-v1',
        lottery_date: EXAMPLE_DATE,
        ballot_count: 1,
        root: EXAMPLE_HASH,
        exclusions: [],
        seal: EXAMPLE_HASH.repeat(6).slice(0, 328),
        seal_hash: EXAMPLE_HASH,
        checkpoint: EXAMPLE_CHECKPOINT,
        verifier_key: `lottery.local+00000000+${Buffer.alloc(33).toString('base64')}`,
        entropy: { kind: 'commit-reveal', commitment: EXAMPLE_HASH, secret: EXAMPLE_HASH },
        seed: EXAMPLE_HASH,
        winning_ordinal: 1,
        winner: { entry: EXAMPLE_HASH + EXAMPLE_HASH, proof: [] },
      },
    ],
  })

export function toEvidenceBody(evidence: Evidence): z.infer<typeof evidenceSchema> {
  const { date, seal, sealRecord, winner } = evidence
  return {
    version: 'lottery-draw-v1',
    lottery_date: date,
    ballot_count: seal.ballotCount,
    root: hex(seal.root),
    exclusions: seal.excluded.map((ordinal) => ({ ordinal, reason: 'banned' as const })),
    seal: hex(evidence.sealBytes),
    seal_hash: hex(sealRecord.hash),
    checkpoint: evidence.checkpoint,
    verifier_key: evidence.verifierKey,
    entropy: toEntropy(evidence),
    seed: hex(evidence.seed),
    winning_ordinal: winner?.ordinal ?? null,
    winner: winner && { entry: hex(winner.entry), proof: winner.proof.map(hex) },
  }
}

function toEntropy({ entropy, chain, reveal, sealRecord }: Evidence): z.infer<typeof evidenceSchema>['entropy'] {
  if (entropy.kind === 'commit-reveal') {
    return { kind: entropy.kind, commitment: hex(entropy.commitment), secret: hex(reveal) }
  }
  return {
    kind: entropy.kind,
    chain_hash: hex(entropy.chainHash),
    public_key: chain.publicKey,
    period: chain.period,
    genesis: chain.genesis,
    group_hash: chain.groupHash,
    beacon_id: chain.beaconId,
    scheme: chain.scheme,
    round: entropy.round,
    signature: hex(reveal),
    late: sealRecord.late,
  }
}
