import { it } from 'vitest'
import { openArchivedMonth } from '../support/archived-month.ts'
import { leavesAndReturns } from '../support/leaves-and-returns.ts'

it('a month is archived in a folder, detached, dropped after the grace, and restored; every answer stays the same', async () => {
  await using month = await openArchivedMonth()
  await leavesAndReturns(month)
}, 60_000)
