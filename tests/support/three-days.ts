import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, date } from './builders.ts'
import type { MemoryParts } from './memory-app.ts'

/** The day with an excluded user. */
export const BANNED_DAY = date('2026-03-08')
/** The day without ballots. */
export const EMPTY_DAY = date('2026-03-09')
/** The open day. */
export const OPEN_DAY = date('2026-03-10')

/** Three closed days and an open one. Returns the user of the last ballot, and the ids of the ballots by day. */
export async function playThreeDays(parts: MemoryParts): Promise<{ user: UserId; ballots: Map<string, string[]> }> {
  const users = await Promise.all(Array.from({ length: 5 }, () => parts.register()))
  const [user, , mallory] = users as [UserId, UserId, UserId]
  const ballots = new Map<string, string[]>()
  const submit = async (day: CalendarDate, userId: UserId) => {
    const [outcome] = await parts.lottery.submitBallots.execute([aSubmit({ userId, date: day })])
    ballots.set(day, [...(ballots.get(day) ?? []), accepted(outcome).id])
  }
  for (const [n, day] of [CalendarDate.addDays(BANNED_DAY, -1), BANNED_DAY, EMPTY_DAY, OPEN_DAY].entries()) {
    parts.clock.moveTo(`${day}T08:00:00Z`)
    if (day === EMPTY_DAY) await parts.lottery.createLottery.execute(day, CAUSE)
    else {
      for (const one of day === OPEN_DAY ? users.filter((other) => other !== mallory) : users) {
        await submit(day, one)
        parts.clock.advance({ minutes: 90 })
      }
    }
    if (n === 1) await parts.user.banUser.ban(mallory, CAUSE)
    if (day === OPEN_DAY) break
    parts.clock.moveTo(CalendarDate.endOf(day) + 1_000)
    await parts.lottery.closeDueLotteries.execute()
    while (await parts.auditLog.sequenceEvents.execute());
  }
  return { user, ballots }
}
