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

/** Compares look-ups of the large, closed lottery, which the service answers from memory, with routes that return a constant. */
export async function lookUps(stage: Stage): Promise<Row[]> {
  const service = await stage.service()
  const { connections } = stage.options
  const lottery = `/lotteries/${stage.largeDate}`
  const paths = { winner: `/lotteries/winner?date=${stage.largeDate}`, lottery, evidence: `${lottery}/evidence` }
  const lengths = [paths.lottery, paths.evidence].map(async (path) => {
    const answer = await fetch(addressOf(service) + path)
    return { path, length: (await answer.text()).length }
  })
  const constant = await stage.peer('constant', await Promise.all(lengths))
  const rows: Row[] = []
  for (const [name, path] of Object.entries(paths)) {
    const lookUp = (of: string, url: string) => () => runGets(stage, { name: of, url, path, connections })
    const compared = await alternate(lookUp(name, addressOf(service)), { constant: lookUp('constant', constant.url) })
    rows.push({
      measure: `look-ups of the ${name}, ${connections} connections, against a constant`,
      ...figures(compared.constant, ({ rate }) => rate),
      unit: '/s',
      target: { atLeast: 0.9 },
    })
  }
  await Promise.all([service.stop(), constant.stop()])
  return rows
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
