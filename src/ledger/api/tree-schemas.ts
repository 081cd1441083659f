import type { Readable } from 'node:stream'
import { z } from 'zod'
import { immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders } from '../../shared/api/immutable.ts'

/** Schemas of responses about Merkle trees. */

export const EXAMPLE_HASH = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'

/** Bytes, in lower-case hex. */
export const hexSchema = z.string().meta({ examples: [EXAMPLE_HASH] })

export function hex(bytes: Uint8Array): string {
  return (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)).toString('hex')
}

/** A number of leaves in a request. */
export const sizeSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Must be a positive whole number')
  .transform(Number)
  .meta({ examples: ['3'] })

/** The number of leaves of the older tree of two, in a request. */
export const oldSizeSchema = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,14})$/, 'Must be a whole number')
  .transform(Number)
  .meta({ examples: ['3'] })

/** Headers of a request for an inclusion proof. */
export const proofHeaders = conditionalHeaders.extend({
  accept: z.string().optional().meta({ description: '`text/plain` requests the proof as a C2SP tlog-proof' }),
})

/** Fields of an inclusion proof in any tree. */
export const inclusionProofFields = {
  size: z.int(),
  leaf_hash: hexSchema,
  root: hexSchema,
  proof: z.array(hexSchema).meta({ description: 'Audit path, RFC 6962 section 2.1.1' }),
}

export const consistencySchema = z
  .object({
    from: z.int(),
    to: z.int(),
    proof: z.array(hexSchema).meta({ description: 'RFC 6962 section 2.1.2' }),
  })
  .meta({
    id: 'ConsistencyProof',
    description: 'Proof that one ledger is the beginning of another',
    examples: [{ from: 1, to: 2, proof: [EXAMPLE_HASH] }],
  })

/** A text that may be sent as a stream. */
const textSchema = z.string() as unknown as z.ZodType<string | Readable>

export function text(description: string, mediaType: 'text/plain' | 'application/x-ndjson' = 'text/plain') {
  return { description, content: { [mediaType]: { schema: textSchema } } }
}

/** Response of an inclusion proof: JSON of this schema, or a C2SP tlog-proof, which carries its checkpoint. */
export function proofResponse<Schema extends z.ZodType>(schema: Schema, description: string) {
  const content = { 'application/json': { schema }, 'text/plain': { schema: z.string() } }
  return { 200: { description, headers: immutableHeaders, content }, 304: notModified }
}

/** Responses of a text that becomes immutable, such as the ledger of a lottery at its seal. */
export function lastingText(description: string, mediaType?: 'text/plain' | 'application/x-ndjson') {
  return { 200: { ...text(description, mediaType), headers: immutableHeaders }, 304: notModified }
}
