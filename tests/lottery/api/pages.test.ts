import { describe, expect, it } from 'vitest'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { aSubmit, TODAY } from '../../support/builders.ts'
import { expectProblem, type Service, serveAll } from '../../support/http.ts'

const LISTS = ['/lotteries', `/lotteries/${TODAY}/ballots`, '/users/:ada/ballots']
let service: Service
let ada: string

/** Stores 61 lotteries with one ballot each, and 60 more ballots today, so that every list has 61 items. Only the last test changes them. */
serveAll(async (served) => {
  service = served
  const userId = await service.parts.register()
  const other = await service.parts.register()
  ada = userId
  await service.parts.lottery.submitBallots.execute([
    ...Array.from({ length: 61 }, (_, days) => aSubmit({ userId, date: CalendarDate.addDays(TODAY, days) })),
    ...Array.from({ length: 60 }, () => aSubmit({ userId: other })),
  ])
})

describe.each(LISTS)('the pages of %s', (list) => {
  const get = (query = '') => service.call(`GET ${list.replace(':ada', ada)}${query}`)
  const items = async (query?: string) => (await get(query)).body.items ?? []

  it('have 50 items, or as many as the limit says', async () => {
    expect(await items()).toHaveLength(50)
    expect(await items('?limit=1')).toHaveLength(1)
    expect(await items('?limit=100')).toHaveLength(61)
  })

  it('have a cursor to the next page until the last one', async () => {
    expect((await get('?limit=60')).body.next_cursor).toEqual(expect.any(String))
    expect((await get('?limit=61')).body.next_cursor).toBeNull()
  })

  it.each([1, 7, 60, 61])('return every item once, in order, with a limit of %i', async (limit) => {
    const whole = await items('?limit=100')
    const walked: unknown[] = []
    let cursor: string | null | undefined = ''

    for (let query = `?limit=${limit}`; cursor !== null; query = `?limit=${limit}&cursor=${cursor}`) {
      const { body } = await get(query)
      walked.push(...(body.items ?? []))
      cursor = body.next_cursor
      expect(walked.length).toBeLessThanOrEqual(61)
    }

    expect(walked).toEqual(whole)
  })

  it.each(['0', '101', '-1', '1.5', '1e1', '0x10', '', '%20', 'NaN', '1&limit=2', '99999999999999999999'])(
    'refuse the limit %s',
    async (limit) => {
      const problem = expectProblem(await get(`?limit=${limit}`), 400, 'invalid_request')

      expect(problem.errors).toMatchObject([{ in: 'query', field: 'limit' }])
    },
  )

  it.each(['', 'x', 'null', '%00', 'e30', 'IjIwMjYtMDItMzAi', '-1', 'MWU5OTk', `${'A'.repeat(201)}`, 'MQ&cursor=MQ'])(
    'refuse the cursor %s',
    async (cursor) => {
      const problem = expectProblem(await get(`?cursor=${cursor}`), 400, 'invalid_request')

      expect(problem.errors).toMatchObject([{ in: 'query', field: 'cursor' }])
    },
  )
})

describe('the pages of lotteries', () => {
  it('can be filtered by status', async () => {
    service.parts.clock.advance({ days: 2 })
    await service.parts.lottery.closeDueLotteries.execute()

    const { body } = await service.call('GET /lotteries?status=closed')

    expect(body.items).toMatchObject([{ date: '2026-03-11' }, { date: '2026-03-10' }])
    expectProblem(await service.call('GET /lotteries?status=cancelled'), 400, 'invalid_request')
  })
})
