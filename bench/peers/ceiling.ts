import { z } from 'zod'
import { Ed25519CheckpointSigner } from '../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { receiptSchema, toReceiptBody } from '../../src/lottery/api/receipt-schema.ts'
import { EXAMPLE_DATE, newBallotSchema } from '../../src/lottery/api/schemas.ts'
import type { BallotId } from '../../src/lottery/domain/ballot.ts'
import { entered } from '../../src/lottery/domain/ledger-entry.ts'
import { EXAMPLE_USER_ID } from '../../src/shared/api/schemas.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { bareFastify, serve } from './serve.ts'

/**
 * Peer that shows the ceiling of any service with this framework and these schemas. Validates a submit, returns a
 * receipt of full length and stores nothing.
 */

const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,255}$/)
    .optional(),
})

const root = Buffer.alloc(32, 7)
const head = { origin: `lottery.local/${EXAMPLE_DATE}`, size: 1_000_000, root }
const receipt = toReceiptBody(
  entered({
    id: mintUuid() as BallotId,
    userId: EXAMPLE_USER_ID,
    lotteryDate: EXAMPLE_DATE,
    ordinal: head.size,
    submittedAt: Date.now(),
    salt: Buffer.alloc(16, 5),
  }),
  new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 9)).sign(head),
)

const app = bareFastify()
app.post(
  '/lotteries/submit',
  { schema: { headers: idempotencyHeaders, body: newBallotSchema, response: { 201: receiptSchema } } },
  async (_request, reply) => {
    const id = mintUuid()
    reply.code(201).header('location', `/lotteries/${EXAMPLE_DATE}/ballots/${id}`)
    return { ...receipt, id }
  },
)
await serve(app)
