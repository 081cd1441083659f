import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders, keepingImmutable, markImmutable } from '../../shared/api/immutable.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { textOrStreamOf } from '../../shared/api/streams.ts'
import type { FindEvidence } from '../application/find-evidence.ts'
import type { FindKeys } from '../application/find-keys.ts'
import { QUICKNET } from '../domain/entropy.ts'
import { evidenceSchema } from './evidence-schema.ts'
import { evidenceText } from './evidence-text.ts'
import { refusalExamples } from './refusal-examples.ts'
import { dateSchema } from './schemas.ts'

const tags = ['ledger']

const keysSchema = z
  .object({
    verifier_key: z.string().meta({ description: 'C2SP verifier key of all checkpoints' }),
    entropy: z
      .enum(['commit-reveal', 'drand'])
      .meta({ description: 'Kind of randomness of lotteries created from now on' }),
    beacon: z.object({ beacon_id: z.string(), chain_hash: hexSchema, public_key: hexSchema }),
  })
  .meta({
    id: 'Keys',
    description: 'Public values to record before a draw',
    examples: [
      {
        verifier_key: `lottery.local+00000000+${Buffer.alloc(33).toString('base64')}`,
        entropy: 'commit-reveal',
        beacon: { beacon_id: QUICKNET.beaconId, chain_hash: QUICKNET.chainHash, public_key: QUICKNET.publicKey },
      },
    ],
  })

export interface EvidenceUseCases {
  readonly findEvidence: FindEvidence
  readonly findKeys: FindKeys
}

export function evidenceRoutes({ findEvidence, findKeys }: EvidenceUseCases): FastifyPluginAsyncZod {
  const keepingEvidence = keepingImmutable()
  return async (app) => {
    app.get(
      '/lotteries/:date/evidence',
      {
        config: { access: 'read', streams: true },
        ...keepingEvidence,
        schema: {
          tags,
          operationId: 'getEvidence',
          summary: 'Get the evidence with which a closed lottery is drawn again',
          description:
            'The document holds everything that the draw depends on, so that `npm run verify` repeats it without ' +
            'this service. Where witnesses are configured, `audit.witnessed` may come later; nothing else changes.',
          headers: conditionalHeaders,
          params: z.object({ date: dateSchema }),
          response: {
            200: answer(z.union([z.string(), z.instanceof(Readable)]), {
              description: 'The evidence; has an ETag once it can never change',
              documentedAs: evidenceSchema,
              headers: immutableHeaders,
            }),
            304: notModified,
            ...refusals(
              refusalExamples.lotteryNotFound,
              refusalExamples.lotteryNotClosed,
              refusalExamples.evidenceNotReady,
            ),
          },
        },
      },
      async ({ params: { date } }, reply) => {
        const evidence = await findEvidence.execute(date)
        if (evidence.trail.isFinal) markImmutable(reply, hex(evidence.sealHash))
        return reply.type('application/json; charset=utf-8').send(await textOrStreamOf(evidenceText(evidence)))
      },
    )

    app.get(
      '/keys',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getKeys',
          summary: 'Get the key of the checkpoints, the entropy of new lotteries and the beacon',
          description:
            'Record these values before a draw, and compare them with its evidence. All replicas return the same ' +
            'values.',
          response: { 200: answer(keysSchema, { description: 'The keys' }), ...refusals() },
        },
      },
      async () => {
        const { verifierKey, entropyKind, chain } = findKeys.execute()
        const beacon = { beacon_id: chain.beaconId, chain_hash: chain.chainHash, public_key: chain.publicKey }
        return { verifier_key: verifierKey, entropy: entropyKind, beacon }
      },
    )
  }
}
