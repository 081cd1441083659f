import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bearer, SECRETS } from '../../support/access.ts'
import { TODAY, TOMORROW } from '../../support/builders.ts'
import { serve, TOKEN } from '../../support/http.ts'

it('every event names its actor and its request', async () => {
  const { call, parts } = await serve()
  const requestIds: (string | string[] | undefined)[] = []
  const send = async (line: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await call(line, body, headers)
    requestIds.push(answer.headers['x-request-id'])
    return answer
  }

  const { body: user } = await send('POST /users', { email: 'ada@example.org' })
  await send('POST /lotteries/submit', { user_id: user.id, date: TODAY })
  await send('POST /lotteries/create', { date: TOMORROW })
  await send(`POST /users/${user.id}/ban`, undefined, await bearer('operator', 'olivia'))
  await send(`POST /users/${user.id}/unban`, undefined, await bearer('operator', 'oscar'))
  parts.clock.advance({ days: 1 })
  await send(`POST /lotteries/close?date=${TODAY}`, undefined, { 'x-internal-token': TOKEN })
  parts.clock.advance({ days: 1 })
  await parts.lottery.closeDueLotteries.execute()

  expect(
    parts.outbox.map(({ type, cause }) => [type, cause.actor, requestIds.indexOf(cause.requestId ?? undefined)]),
  ).toEqual([
    ['user.registered.v1', 'anonymous', 0],
    ['lottery.created.v1', 'service', -1],
    ['lottery.created.v1', 'anonymous', 2],
    ['user.banned.v1', `operator:${pseudonymOf('olivia')}`, 3],
    ['user.unbanned.v1', `operator:${pseudonymOf('oscar')}`, 4],
    ['lottery.sealed.v1', 'internal-token', 5],
    ['lottery.closed.v1', 'internal-token', 5],
    ['lottery.sealed.v1', 'service', -1],
    ['lottery.closed.v1', 'service', -1],
  ])
})

it('the event of a lottery that a ballot opens does not tell who cast it', async () => {
  const { call, parts } = await serve()
  const user_id = await parts.register()

  await Promise.all([1, 2, 3].map(() => call('POST /lotteries/submit', { user_id, date: TODAY })))

  const opened = parts.outbox.filter(({ type }) => type === 'lottery.created.v1')
  expect(opened.map(({ cause }) => cause)).toEqual([{ actor: 'service', requestId: null }])
})

/** Name of a subject of the service's own issuer in events. */
function pseudonymOf(subject: string): string {
  const identity = `urn:lottery-service ${subject}`
  return createHmac('sha256', SECRETS.pseudonyms).update(identity).digest('hex').slice(0, 32)
}
