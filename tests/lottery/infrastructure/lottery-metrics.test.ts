import { expect, it } from 'vitest'
import { TODAY } from '../../support/builders.ts'
import { serve } from '../../support/http.ts'

const GAUGE = 'lottery_lotteries_oldest_overdue_timestamp_seconds'

it('tells when the day of the oldest overdue lottery ended, and nothing while the database is unavailable', async () => {
  const { call, parts } = await serve()
  await call('POST /lotteries/submit', { user_id: await parts.register(), date: TODAY })
  const gauge = async () => (await call('GET /metrics')).text.match(new RegExp(`^${GAUGE} (.*)$`, 'm'))?.[1]

  const before = await gauge()
  parts.clock.advance({ days: 3 })
  const after = await gauge()
  parts.database.unavailable = true

  expect(before).toBe('0')
  expect(Number(after)).toBe(Date.parse(`${TODAY}T00:00:00Z`) / 1000 + 86_400)
  expect(await gauge()).toBeUndefined()
})
