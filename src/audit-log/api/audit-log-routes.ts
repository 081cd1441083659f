import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { prefersText, tlogProof } from '../../ledger/api/tlog-proof.ts'
import {
  consistencySchema,
  hex,
  lastingText,
  oldSizeSchema,
  proofHeaders,
  proofResponse,
  sizeSchema,
  text,
} from '../../ledger/api/tree-schemas.ts'
import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { conditionalHeaders, markImmutable } from '../../shared/api/immutable.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { streamOf } from '../../shared/api/streams.ts'
import type { ReadAuditLog } from '../application/read-audit-log.ts'
import { AuditLogEntryNotFound } from '../domain/errors.ts'
import { aggregateSchema, auditLogPageOf, auditLogPageSchema, auditLogProofSchema } from './schemas.ts'

const tags = ['audit']
const indexSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'Must be a whole number')
  .transform(Number)
  .meta({ examples: ['0'] })
const entryNotFound = new AuditLogEntryNotFound(7)
const invalidSize = InvalidLedgerSize.forConsistency(3, 'the audit log')

export interface AuditLogUseCases {
  readonly readAuditLog: ReadAuditLog
}

export function auditLogRoutes(
  { readAuditLog }: AuditLogUseCases,
  eventTypes: readonly EventType[],
): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/audit',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'listAuditEntries',
          summary: 'List the entries of the audit log, in its order',
          description:
            'Entries never change, and new ones come after all others. An event is in the audit log shortly ' +
            'after the change that it records.',
          querystring: z.strictObject({
            ...pageQuery(z.int().min(0)),
            aggregate: aggregateSchema.optional().meta({ description: 'The aggregate that the events changed' }),
            type: z.enum(eventTypes.map(({ type }) => type)).optional(),
          }),
          response: {
            200: answer(auditLogPageSchema, {
              description: 'The entries',
              documentedAs: auditLogPageOf(eventTypes),
            }),
            ...refusals(),
          },
        },
      },
      async ({ query: { limit, cursor, aggregate, type } }) => {
        const rows = await readAuditLog.list({
          limit: limit + 1,
          after: cursor ?? -1,
          ...(aggregate !== undefined && { aggregate }),
          ...(type !== undefined && { type }),
        })
        return toPage(
          rows,
          limit,
          ({ index }) => index,
          (entry) => entry,
        )
      },
    )

    app.get(
      '/audit/checkpoint',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getAuditCheckpoint',
          summary: 'Get the checkpoint of the present audit log',
          description:
            'The log only grows: keep the checkpoint to prove later that no entry was changed or removed. The ' +
            'signatures of witnesses follow soon after an entry.',
          response: { 200: text('The checkpoint, a C2SP signed note'), ...refusals() },
        },
      },
      async (_request, reply) => reply.type('text/plain').send(await readAuditLog.checkpoint()),
    )

    app.get(
      '/audit/log',
      {
        config: { access: 'read', streams: true },
        schema: {
          tags,
          operationId: 'getAuditLog',
          summary: 'Get all entries of the audit log in its order, one event per line in canonical JSON',
          description:
            'Each line without its line feed is a leaf of the tree. Anyone can compute the root from these lines.',
          headers: conditionalHeaders,
          querystring: z.strictObject({
            from: oldSizeSchema.default(0).meta({ description: 'Index of the first entry' }),
            to: oldSizeSchema
              .optional()
              .meta({ description: 'Index after the last entry, by default the size of the log' }),
          }),
          response: {
            ...lastingText('The events; tagged and cacheable when `to` was given', 'application/x-ndjson'),
            ...refusals(invalidSize),
          },
        },
      },
      async ({ query: { from, to } }, reply) => {
        const pages = await readAuditLog.entries(from, to)
        if (to !== undefined) markImmutable(reply, `audit-log-${from}-${to}`)
        return reply.type('application/x-ndjson').send(streamOf(linesOf(pages)))
      },
    )

    app.get(
      '/audit/:index/proof',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getAuditProof',
          summary: 'Get a proof that an entry is in the audit log of a given size, or in the present one',
          description:
            'Verify the proof with the canonical JSON of the event and the root of a checkpoint of this size. ' +
            'The proof for a given size never changes.',
          headers: proofHeaders,
          params: z.object({ index: indexSchema }),
          querystring: z.strictObject({ size: sizeSchema.optional() }),
          response: {
            ...proofResponse(
              auditLogProofSchema,
              'The proof; tagged and cacheable when it is JSON and a size was given',
            ),
            ...refusals(entryNotFound, invalidSize),
          },
        },
      },
      async ({ params: { index }, query, headers }, reply) => {
        const inclusion = await readAuditLog.inclusion(index, query.size)
        if (prefersText(headers.accept, reply)) {
          const checkpoint = await readAuditLog.checkpointOf(inclusion)
          return reply.type('text/plain').send(tlogProof({ ...inclusion, checkpoint }))
        }
        const { leafHash, root, proof, ...place } = inclusion
        if (query.size !== undefined) markImmutable(reply, `audit-${index}-in-${place.size}`)
        return { ...place, leaf_hash: hex(leafHash), root: hex(root), proof: proof.map(hex) }
      },
    )

    app.get(
      '/audit/consistency',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getAuditConsistencyProof',
          summary: 'Get a proof that the audit log of one size is the beginning of the audit log of another size',
          description:
            'The proof shows that no entry was changed, moved or removed between these sizes. It never changes.',
          headers: conditionalHeaders,
          querystring: z.strictObject({ from: oldSizeSchema, to: sizeSchema }),
          response: {
            200: answer(consistencySchema, { description: 'The proof', headers: immutableHeaders }),
            304: notModified,
            ...refusals(invalidSize),
          },
        },
      },
      async ({ query: { from, to } }, reply) => {
        const proof = await readAuditLog.consistency(from, to)
        markImmutable(reply, `audit-${from}-${to}`)
        return { from, to, proof: proof.map(hex) }
      },
    )
  }
}

async function* linesOf(pages: AsyncGenerator<string[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((event) => `${event}\n`).join('')
}
