import { pino } from 'pino'
import { expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { CAUSE, TODAY, TOMORROW } from '../support/builders.ts'
import { type Answer, type Service, serve, TOKEN } from '../support/http.ts'

const SECRET = Buffer.from(Array.from({ length: 32 }, (_, n) => 200 - 3 * n))
const WRITTEN = [
  SECRET.toString('hex'),
  SECRET.toString('base64').replace(/=+$/, ''),
  SECRET.toString('base64url'),
  [...SECRET].join(','),
]

it('the secret of a lottery is in no response, log line or event before the draw, and is in the evidence after it', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const service = await serve({ logger }, { secret: SECRET })
  const { call, parts } = service
  const user_id = await parts.register()
  await call('POST /lotteries/create', { date: TOMORROW })
  const receipt = await call('POST /lotteries/submit', { user_id, date: TODAY }, { 'idempotency-key': 'k' })
  const [ballot, salt] = [String(receipt.body.id), String(receipt.body.salt)]
  const known = { ':id': user_id, ballot }

  const again = await call(`GET /lotteries/${TODAY}/ballots/${ballot}/receipt`, undefined, await bearer('operator'))
  const open = [receipt, again, ...(await walk(service, known))]
  parts.clock.advance({ days: 1 })
  await parts.lottery.sealLottery.execute(TODAY, CAUSE)
  const sealed = await walk(service, known)
  parts.user.findUser.execute = async () => {
    throw new Error('a fault, for the log')
  }
  const faulty = await walk(service, known)
  const before = [...open, ...sealed, ...faulty].map(({ text, headers }) => text + JSON.stringify(headers))

  expect(sealed.find(({ text }) => text.includes('"status":"sealed"'))).toBeDefined()
  expect(lines.length).toBeGreaterThan(open.length)
  for (const text of [...before, ...lines, JSON.stringify(parts.outbox)]) {
    for (const secret of WRITTEN) expect(text).not.toContain(secret)
  }
  // Only the receipt has the salt.
  expect(again.body.salt).toBe(salt)
  for (const { text } of [...open.slice(2), ...sealed]) expect(text).not.toContain(salt)
  for (const text of [...lines, JSON.stringify(parts.outbox)]) expect(text).not.toContain(salt)

  await call(`POST /lotteries/close?date=${TODAY}`, undefined, { 'x-internal-token': TOKEN })
  const { body } = await call(`GET /lotteries/${TODAY}/evidence`)
  expect(body.entropy).toMatchObject({ kind: 'commit-reveal', secret: WRITTEN[0] })
})

/** Calls every GET operation of the OpenAPI document, without a token and as an operator, with ids and dates that exist; but no receipt as an operator. */
async function walk({ app, call }: Service, known: { ':id': string; ballot: string }): Promise<Answer[]> {
  const { paths } = app.swagger() as { paths: Record<string, { get?: object }> }
  const urls = Object.entries(paths).flatMap(([path, { get }]) => (get ? [path] : []))
  expect(urls).toEqual(expect.arrayContaining(['/lotteries/{date}/evidence', '/lotteries/{date}/ledger', '/keys']))
  const answers: Answer[] = []
  const operator = await bearer('operator')
  for (const date of [TODAY, TOMORROW]) {
    for (const url of [...urls, '/docs/json', '/nope']) {
      const path = url
        .replace('{date}', date)
        .replace('ballots/{id}', `ballots/${known.ballot}`)
        .replace('{id}', known[':id'])
      const query = { '/lotteries/winner': `?date=${date}`, '/lotteries/{date}/consistency': '?from=1&to=1' }[url] ?? ''
      answers.push(await call(`GET ${path}${query}`))
      if (!url.endsWith('/receipt')) answers.push(await call(`GET ${path}${query}`, undefined, operator))
    }
  }
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(2 * urls.length)
  return answers
}
