import { ballotSchema, EXAMPLE_BALLOT } from '../../src/lottery/api/schemas.ts'
import { bareFastify, serve } from './serve.ts'

/** The ceiling of a winner lookup: one ballot, always the same. */
const app = bareFastify()
app.get('/lotteries/winner', { schema: { response: { 200: ballotSchema } } }, async () => EXAMPLE_BALLOT)
await serve(app)
