import { ballotSchema, EXAMPLE_BALLOT } from '../../src/lottery/api/schemas.ts'
import { bareFastify, serve } from './serve.ts'

/** Peer that shows the ceiling of a winner lookup. Always returns the same ballot. */
const app = bareFastify()
app.get('/lotteries/winner', { schema: { response: { 200: ballotSchema } } }, async () => EXAMPLE_BALLOT)
await serve(app)
