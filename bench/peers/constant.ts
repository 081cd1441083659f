import { ballotSchema, EXAMPLE_BALLOT } from '../../src/lottery/api/schemas.ts'
import { readJob } from '../processes.ts'
import { bareFastify, serve } from './serve.ts'

/** A route that always returns the same text of this many characters. */
export interface Constant {
  readonly path: string
  readonly length: number
}

/** Peer that shows the ceiling of a look-up: of a winner, which is always the same ballot, and of the paths of its job. */
const constants = await readJob<readonly Constant[]>()
const app = bareFastify()
app.get('/lotteries/winner', { schema: { response: { 200: ballotSchema } } }, async () => EXAMPLE_BALLOT)
for (const { path, length } of constants) {
  const text = JSON.stringify('x'.repeat(length - 2))
  app.get(path, async (_request, reply) => reply.type('application/json; charset=utf-8').send(text))
}
await serve(app)
