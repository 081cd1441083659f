import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { ballotSchema, newBallotSchema } from '../../src/lottery/api/schemas.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { readJob } from '../processes.ts'
import { ballots, lotteries, users } from './plain-schema.ts'
import { bareFastify, serve } from './serve.ts'

/**
 * Peer that implements submits in the ordinary way with Fastify and Drizzle, without a ledger. Each ballot is one
 * transaction, which takes the lottery's row lock.
 */
const { url, connections } = await readJob<{ url: string; connections: number }>()
const pool = new pg.Pool({ connectionString: url, max: connections })
const db = drizzle({ client: pool })

const app = bareFastify()
app.post(
  '/lotteries/submit',
  { schema: { body: newBallotSchema, response: { 201: ballotSchema } } },
  async ({ body }, reply) => {
    const lotteryDate = body.date ?? new Date().toISOString().slice(0, 10)
    const ballot = await db.transaction(async (tx) => {
      const [user] = await tx
        .select()
        .from(users)
        .where(eq(users.id, body.user_id ?? ''))
      if (!user || user.bannedAt) throw new Error('the user is unknown or banned')

      const byDate = eq(lotteries.date, lotteryDate)
      const lockLottery = () => tx.select().from(lotteries).where(byDate).for('update')
      let [lottery] = await lockLottery()
      if (!lottery) {
        await tx.insert(lotteries).values({ date: lotteryDate, ballotCount: 0 }).onConflictDoNothing()
        ;[lottery] = await lockLottery()
      }
      const ordinal = (lottery?.ballotCount ?? 0) + 1
      const issued = { id: mintUuid(), userId: user.id, lotteryDate, ordinal, submittedAt: new Date() }
      await tx.insert(ballots).values(issued)
      await tx.update(lotteries).set({ ballotCount: ordinal }).where(byDate)
      return issued
    })
    reply.code(201).header('location', `/lotteries/${lotteryDate}/ballots/${ballot.id}`)
    return {
      id: ballot.id,
      user_id: ballot.userId,
      lottery_date: ballot.lotteryDate,
      ordinal: ballot.ordinal,
      submitted_at: ballot.submittedAt.toISOString(),
    }
  },
)
await serve(app)
