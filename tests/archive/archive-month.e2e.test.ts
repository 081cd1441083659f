import { it } from 'vitest'
import { openArchivedMonth } from '../support/archived-month.ts'
import { leavesAndReturns } from '../support/leaves-and-returns.ts'
import { VERSITYGW_START_MS, Versitygw } from '../support/versitygw.ts'

it(
  'a month leaves for a store of S3 and returns, and the lock of the store keeps the public objects',
  async ({ skip }) => {
    await using s3 = await Versitygw.start()
    if (!s3) return skip('no store of S3 can be had')
    await using month = await openArchivedMonth({ ...s3.settings, objectLockDays: 1, storageClass: 'STANDARD' })
    await leavesAndReturns(month)
  },
  VERSITYGW_START_MS + 60_000,
)
