import type { Readable } from 'node:stream'
import { z } from 'zod'
import { immutableHeaders, notModified } from '../../shared/api/answer.ts'

/** Schemas of responses about Merkle trees. */

export const EXAMPLE_HASH = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'

/** Bytes, in lower-case hex. */
export const hexSchema = z.string().meta({ examples: [EXAMPLE_HASH] })

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** A number of leaves in a request. */
export const sizeSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'Must be a positive whole number')
  .transform(Number)
  .meta({ examples: ['3'] })

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

export function text(description: string) {
  return { description, content: { 'text/plain': { schema: textSchema } } }
}

/** Responses of a text that becomes immutable, such as the ledger of a lottery at its seal. */
export function lastingText(description: string) {
  return { 200: { ...text(description), headers: immutableHeaders }, 304: notModified }
}
