import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { prefersText, tlogProof } from '../../ledger/api/tlog-proof.ts'
import {
  consistencySchema,
  EXAMPLE_HASH,
  hex,
  inclusionProofFields,
  lastingText,
  oldSizeSchema,
  proofHeaders,
  proofResponse,
  sizeSchema,
} from '../../ledger/api/tree-schemas.ts'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders, markImmutable } from '../../shared/api/immutable.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { streamOf } from '../../shared/api/streams.ts'
import type { ReadLedger } from '../application/read-ledger.ts'
import { refusalExamples } from './refusal-examples.ts'
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
    description: 'Proof that a ballot is a leaf of the tree with this root',
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
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getCheckpoint',
          summary: "Get the signed note over a lottery's present ledger",
          description:
            '`GET /keys` has the key that verifies the note. A ledger only grows, so every later checkpoint is ' +
            'consistent with this one.',
          headers: conditionalHeaders,
          params: byDate,
          response: {
            ...lastingText('C2SP signed note; has an ETag and is cacheable once the lottery is sealed'),
            ...refusals(refusalExamples.lotteryNotFound),
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
        config: { access: 'read', streams: true },
        schema: {
          tags,
          operationId: 'getLedger',
          summary: 'Get all entries of a ledger in ordinal order, one per line in hex',
          description: 'Anyone can compute the root of the checkpoint from these entries. They name no users.',
          headers: conditionalHeaders,
          params: byDate,
          response: {
            ...lastingText('The entries; they have an ETag and are cacheable once the lottery is sealed'),
            ...refusals(refusalExamples.lotteryNotFound, refusalExamples.archiveUnavailable),
          },
        },
      },
      async ({ params: { date } }, reply) => {
        const { pages, isFinal } = await readLedger.entries(date)
        if (isFinal) markImmutable(reply, `ledger-${date}`)
        return reply.type('text/plain').send(streamOf(linesOf(pages)))
      },
    )

    app.get(
      '/lotteries/:date/ballots/:id/proof',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getInclusionProof',
          summary: 'Get the proof that a ballot is in the ledger of the given size, by default in the present ledger',
          description:
            'Verify the proof with the leaf hash of the receipt and the root of a checkpoint of this size. The ' +
            'proof for a given size never changes.',
          headers: proofHeaders,
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          querystring: z.strictObject({ size: sizeSchema.optional() }),
          response: {
            ...proofResponse(inclusionSchema, 'The proof; has an ETag and is cacheable when the request gives a size'),
            ...refusals(
              refusalExamples.lotteryNotFound,
              refusalExamples.ballotNotFound,
              refusalExamples.ledgerSize,
              refusalExamples.archiveUnavailable,
            ),
          },
        },
      },
      async ({ params: { date, id }, query, headers }, reply) => {
        const inclusion = await readLedger.inclusion(date, id, query.size)
        const { ordinal, size, leafHash, root, proof } = inclusion
        const isText = prefersText(headers.accept, reply)
        if (query.size !== undefined) markImmutable(reply, `${id}-in-${size}${isText ? '-text' : ''}`)
        if (isText) {
          const checkpoint = readLedger.checkpointOf(date, inclusion)
          return reply.type('text/plain').send(tlogProof({ index: ordinal - 1, proof, checkpoint }))
        }
        return { ordinal, size, leaf_hash: hex(leafHash), root: hex(root), proof: proof.map(hex) }
      },
    )

    app.get(
      '/lotteries/:date/consistency',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getConsistencyProof',
          summary: 'Get the proof that the ledger of size `from` is the beginning of the ledger of size `to`',
          description:
            'The proof shows that no ballot was changed, moved or removed between these sizes. It never changes.',
          headers: conditionalHeaders,
          params: byDate,
          querystring: z.strictObject({ from: oldSizeSchema, to: sizeSchema }),
          response: {
            200: answer(consistencySchema, { description: 'The proof', headers: immutableHeaders }),
            304: notModified,
            ...refusals(
              refusalExamples.lotteryNotFound,
              refusalExamples.ledgerSize,
              refusalExamples.archiveUnavailable,
            ),
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
