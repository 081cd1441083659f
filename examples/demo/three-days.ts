import type { RunningService } from '../../tests/support/running-service.ts'
import type { TestClock } from '../../tests/support/test-clock.ts'

const DAY_MS = 86_400_000
const PEOPLE = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Mallory']
/** Hours of the day at which everyone submits ballots. */
const HOURS = [1, 7, 9, 12, 13, 18, 20, 23]

interface Stage {
  readonly service: RunningService
  readonly clock: TestClock
  readonly operatorToken: string
  readonly auditorToken: string
}

/** Plays three whole days, of which the second ends with a ban, and the beginning of today. Prints the pages to open. */
export async function playThreeDays({ service, clock, operatorToken, auditorToken }: Stage): Promise<void> {
  const operator = { authorization: `Bearer ${operatorToken}` }
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  await clock.moveTo(today - 3 * DAY_MS)
  const users = new Map<string, string>()
  for (const name of PEOPLE) {
    const { body } = await service.post<{ id: string }>('/users', { email: `${name.toLowerCase()}@example.org`, name })
    users.set(name, body.id)
  }

  const dates = [3, 2, 1].map((daysAgo) => dateOf(today - daysAgo * DAY_MS))
  for (const [n, date] of dates.entries()) {
    for (const hour of HOURS) {
      await clock.moveTo(Date.parse(date) + hour * 3_600_000)
      for (const [name, user_id] of users)
        if (n !== 2 || name !== 'Mallory') await service.post('/lotteries/submit', { user_id, date })
    }
    if (n === 1) await service.post(`/users/${users.get('Mallory')}/ban`, undefined, operator)
    await clock.moveTo(Date.parse(date) + DAY_MS + 1_000)
    const { status, body } = await service.post(`/lotteries/close?date=${date}`, undefined, operator)
    if (status !== 200) throw new Error(`${date} was not closed: ${JSON.stringify(body)}`)
  }
  await clock.moveTo(Date.now())
  const submit = { user_id: users.get('Ada'), date: dateOf(today) }
  const { body: receipt } = await service.post<{ id: string }>('/lotteries/submit', submit)

  console.log(`
Three days are drawn, and today's lottery is open. Pages to open:
  ${service.url}/                         today and the latest results
  ${service.url}/results/${dates[1]}       a result with excluded ballots: Mallory was banned
  ${service.url}/draws                    all draws together
  ${service.url}/check?date=${dateOf(today)}&id=${receipt.id}   Ada's ballot of today
  ${service.url}/verify?date=${dates[1]}   draw that lottery again, in the browser
  ${service.url}/console                  for operators and auditors: sign in with a token below
  ${service.url}/docs                     the API

A token of an operator, for an hour:
${operatorToken}

A token of an auditor, for an hour:
${auditorToken}

Ctrl-C ends the service and deletes its data.`)
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
