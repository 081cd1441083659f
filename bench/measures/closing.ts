import { setTimeout } from 'node:timers/promises'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { RunningService } from '../../tests/support/running-service.ts'
import { installTestClock, query, type TestClock } from '../../tests/support/test-clock.ts'
import { alternate, figures } from '../comparison.ts'
import { runGets } from '../get-phase.ts'
import { writeLargeLottery } from '../large-lottery.ts'
import { addressOf, logProgress, type Stage } from '../stage.ts'
import type { Row } from '../table.ts'

const TOKEN = 'only-for-this-benchmark'
const SMALL = 10
const ROUNDS = 15

/**
 * Compares closes of the large lottery with closes of a small one. Each close is undone and repeated, except the last.
 */
export async function closing(stage: Stage): Promise<Row[]> {
  const { database: url, users, largeDate, smallDate } = stage
  await writeLargeLottery(url, { date: smallDate, size: SMALL, users })
  await query(url, 'create table open_lotteries as select * from lotteries where date = any($1)', [
    [largeDate, smallDate],
  ])
  const clock = await installTestClock(url)
  await clock.moveTo(stage.noonAfterBoth)
  const service = await stage.service({ INTERNAL_CLOSE_TOKEN: TOKEN })
  await untilNothingIsDue(url)

  const close = (date: CalendarDate) => () => closeAgain(url, service, clock, date)
  const { small } = await alternate(close(largeDate), { small: close(smallDate) }, ROUNDS)
  await service.stop()
  stage.record('closing', { large: small.map(({ after }) => after), small: small.map(({ peer }) => peer) })
  const { ours, peer, value } = figures(small, (milliseconds) => milliseconds)
  const measure = `close of a lottery of ${stage.options.rows.toLocaleString('en')} ballots`
  return [
    {
      measure: `${measure}, against one of ${SMALL}`,
      ours,
      peer,
      value,
      unit: 'ms',
      target: { atMost: 2 },
    },
    {
      measure,
      ours,
      value: ours,
      unit: 'ms',
      target: { below: 100 },
    },
  ]
}

/** Compares lookups of the winner of the large, closed lottery with a route that returns a constant. */
export async function winnerLookup(stage: Stage): Promise<Row> {
  const service = await stage.service()
  const constant = await stage.peer('constant')
  const path = `/lotteries/winner?date=${stage.largeDate}`
  const lookup = (name: string, url: string) => () =>
    runGets(stage, { name, url, path, connections: stage.options.connections })
  const compared = await alternate(lookup('winner', addressOf(service)), { constant: lookup('constant', constant.url) })
  await Promise.all([service.stop(), constant.stop()])
  return {
    measure: `winner lookups, ${stage.options.connections} connections, against a constant`,
    ...figures(compared.constant, ({ rate }) => rate),
    unit: '/s',
    target: { atLeast: 0.85 },
  }
}

/** Waits until the service has closed the due lotteries, which it does by itself when it starts. */
async function untilNothingIsDue(url: string): Promise<void> {
  const sql = "select date from open_lotteries join lotteries using (date) where lotteries.status <> 'closed'"
  while ((await query(url, sql)).length > 0) await setTimeout(100)
}

/**
 * Opens a lottery again, closes it over HTTP and returns how many milliseconds the close took. Repeats both if the
 * service closes the lottery by itself in between, since the call then finds nothing to do.
 */
async function closeAgain(url: string, service: RunningService, clock: TestClock, date: CalendarDate): Promise<number> {
  for (;;) {
    await query(
      url,
      `begin;
       set local session_replication_role = replica; -- the triggers refuse what follows
       delete from seals where lottery_date = '${date}';
       delete from exclusions where lottery_date = '${date}';
       delete from outbox where aggregate = 'lottery/${date}' and seq > (select last_seq from open_lotteries where date = '${date}');
       delete from lotteries where date = '${date}';
       insert into lotteries select * from open_lotteries where date = '${date}';
       commit`,
    )
    const reopenedAt = await clock.now()
    const calledAt = performance.now()
    const headers = { 'x-internal-token': TOKEN }
    const { status, body } = await service.post<{ closed_at: string }>(
      `/lotteries/close?date=${date}`,
      undefined,
      headers,
    )
    const milliseconds = performance.now() - calledAt
    if (status !== 200) throw new Error(`could not close the lottery of ${date}: status ${status}`)
    if (Date.parse(body.closed_at) >= reopenedAt) return milliseconds
    logProgress(`the service closed the lottery of ${date} by itself, as it does every minute: repeating the close`)
  }
}
