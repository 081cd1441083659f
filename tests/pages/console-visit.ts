import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { Role } from '../../src/shared/domain/caller.ts'
import { bearer } from '../support/access.ts'
import { accepted, aSubmit } from '../support/builders.ts'
import { openPage } from '../support/chromium.ts'
import { type MemoryParts, memoryParts } from '../support/memory-app.ts'
import { OPEN_DAY, playThreeDays } from '../support/three-days.ts'

/** The day after the days that were played. Its lottery is open, and that of the day before is overdue. */
export const NEXT_DAY = CalendarDate.addDays(OPEN_DAY, 1)
export const EMAIL = 'eve@example.org'
/** The name of the user with this e-mail address. */
export const EVIL_NAME = '<img src=x onerror=alert(1)>'

/** Closed lotteries, one that is overdue, and an open one with two ballots of the user with EMAIL. */
export async function aService(): Promise<MemoryParts> {
  const parts = memoryParts()
  await playThreeDays(parts)
  const userId = await parts.register({ email: EMAIL, name: EVIL_NAME })
  parts.clock.moveTo(`${NEXT_DAY}T00:02:00Z`)
  const command = aSubmit({ userId, date: NEXT_DAY })
  for (const outcome of await parts.lottery.submitBallots.execute([command, command])) accepted(outcome)
  while (await parts.auditLog.sequenceEvents.execute());
  return parts
}

export interface Visit {
  readonly page: Page
  readonly complaints: readonly string[]
  readonly token: string
}

/** Signs in by pasting a token of the role. The browser's clock shows the service's time. */
export async function visit(
  browser: Browser,
  origin: string,
  { role, now }: { role: Role; now: number },
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const { page, complaints } = await openPage(browser, origin, options)
  await page.clock.setFixedTime(now)
  const token = (await bearer(role)).authorization.replace('Bearer ', '')
  await page.goto(`${origin}/console`)
  await signIn(page, token)
  await page.getByText(`(${role})`).waitFor()
  return { page, complaints, token }
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
