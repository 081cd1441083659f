import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  consistencySchema,
  EXAMPLE_HASH,
  hex,
  inclusionProofFields,
  lastingText,
  sizeSchema,
} from '../../ledger/api/tree-schemas.ts'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders, markImmutable } from '../../shared/api/immutable.ts'
import { refusals } from '../../shared/api/refusals.ts'
import type { ReadLedger } from '../application/read-ledger.ts'
import { refused } from './refusal-examples.ts'
import { ballotIdSchema, dateSchema } from './schemas.ts'

const tags = ['ledger']
const byDate = z.object({ date: dateSchema })

const inclusionSchema = z
  .object({
    ordinal: z.int(),
    ...inclusionProofFields,
  })
  .meta({
    id: 'InclusionProof',
    description: 'Proof that a ballot is a leaf of a root',
    examples: [{ ordinal: 1, size: 2, leaf_hash: EXAMPLE_HASH, root: EXAMPLE_HASH, proof: [EXAMPLE_HASH] }],
  })

export interface LedgerUseCases {
  readonly readLedger: ReadLedger
}

export function ledgerRoutes({ readLedger }: LedgerUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/lotteries/:date/checkpoint',
      {
        schema: {
          tags,
          operationId: 'getCheckpoint',
          summary: "The signed note over a lottery's ledger as it is now",
          headers: conditionalHeaders,
          params: byDate,
          response: {
            ...lastingText('C2SP signed note; tagged and cacheable once the lottery is sealed'),
            ...refusals(refused.lotteryNotFound),
          },
        },
      },
      async ({ params: { date } }, reply) => {
        const { note, isFinal } = await readLedger.checkpoint(date)
        if (isFinal) markImmutable(reply, `checkpoint-${date}`)
        return reply.type('text/plain').send(note)
      },
    )

    app.get(
      '/lotteries/:date/ledger',
      {
        schema: {
          tags,
          operationId: 'getLedger',
          summary: 'All entries of a ledger, one in hex a line, in ordinal order',
          headers: conditionalHeaders,
          params: byDate,
          response: {
            ...lastingText('Entries; tagged and cacheable once the lottery is sealed'),
            ...refusals(refused.lotteryNotFound),
          },
        },
      },
      async ({ params: { date } }, reply) => {
        const { pages, isFinal } = await readLedger.entries(date)
        if (isFinal) markImmutable(reply, `ledger-${date}`)
        return reply.type('text/plain').send(Readable.from(linesOf(pages)))
      },
    )

    app.get(
      '/lotteries/:date/ballots/:id/proof',
      {
        schema: {
          tags,
          operationId: 'getInclusionProof',
          summary: 'Proof that a ballot is in the ledger of a size, or in the present one',
          headers: conditionalHeaders,
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          querystring: z.strictObject({ size: sizeSchema.optional() }),
          response: {
            200: answer(inclusionSchema, {
              description: 'The proof; tagged and cacheable when a size was given',
              headers: immutableHeaders,
            }),
            304: notModified,
            ...refusals(refused.lotteryNotFound, refused.ballotNotFound, refused.ledgerSize),
          },
        },
      },
      async ({ params: { date, id }, query }, reply) => {
        const { leafHash, root, proof, ...place } = await readLedger.inclusion(date, id, query.size)
        if (query.size !== undefined) markImmutable(reply, `${id}-in-${place.size}`)
        return { ...place, leaf_hash: hex(leafHash), root: hex(root), proof: proof.map(hex) }
      },
    )

    app.get(
      '/lotteries/:date/consistency',
      {
        schema: {
          tags,
          operationId: 'getConsistencyProof',
          summary: 'Proof that the ledger of one size is the beginning of that of another',
          headers: conditionalHeaders,
          params: byDate,
          querystring: z.strictObject({ from: sizeSchema, to: sizeSchema }),
          response: {
            200: answer(consistencySchema, { description: 'The proof', headers: immutableHeaders }),
            304: notModified,
            ...refusals(refused.lotteryNotFound, refused.ledgerSize),
          },
        },
      },
      async ({ params: { date }, query: { from, to } }, reply) => {
        const proof = await readLedger.consistency(date, from, to)
        markImmutable(reply, `${date}-${from}-${to}`)
        return { from, to, proof: proof.map(hex) }
      },
    )
  }
}

async function* linesOf(pages: AsyncGenerator<Uint8Array[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((entry) => `${hex(entry)}\n`).join('')
}
