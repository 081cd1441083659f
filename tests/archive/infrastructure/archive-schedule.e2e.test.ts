import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { environmentOf, untilArchiverWaits } from '../../support/archive-process.ts'
import { type ArchivedMonth, openArchivedMonth } from '../../support/archived-month.ts'
import { startService } from '../../support/running-service.ts'

let month: ArchivedMonth

beforeEach(async () => {
  month = await openArchivedMonth()
})
afterEach(() => month.close())

it('the service archives due months at its start, and logs the lines of the archiver', async () => {
  await using service = await startService(environmentOf(month))
  await service.line(/"level":30.*"msg":"archive: 2031-05 {2}is archived"/)

  expect(await month.state()).toBe('dropped')
  const { body } = await service.get<{ total?: number; items: object[] }>('/lotteries/2031-05-31/ballots')
  expect(body.items).toHaveLength(3)
})

it('a run that fails is one line of error, with the reason', async () => {
  const ARCHIVE_URL = pathToFileURL(join(month.folder, 'absent')).href
  await using service = await startService({ ...environmentOf(month), ARCHIVE_URL })
  await service.line(/"level":50.*"msg":"archive: FAIL {2}2031-05 {2}The archive .* \(ENOENT: no such file/)
  await service.stop()

  expect(service.output.match(/"level":50/g)).toHaveLength(1)
})

it('a run that goes on ends with the service, and the next one continues it', async () => {
  const release = await month.service.hold('lock table archives in share mode')
  const service = await startService(environmentOf(month))
  await untilArchiverWaits(month)
  const { code } = await service.stop()
  await release()

  expect(code).toBe(0)
  expect(service.output).not.toMatch(/"level":50/)
  expect(await month.archive()).toEqual(['dropped'])
})
