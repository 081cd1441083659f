import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environmentOf, runCli, untilArchiverWaits } from '../support/archive-process.ts'
import { type ArchivedMonth, openArchivedMonth } from '../support/archived-month.ts'
import { keysIn } from '../support/changed-objects.ts'

let month: ArchivedMonth
let environment: Record<string, string>

beforeAll(async () => {
  month = await openArchivedMonth()
  environment = environmentOf(month)
})
afterAll(() => month.close())

describe('npm run archive', () => {
  it('--dry-run says what would be done, and what keeps a month in the database', async () => {
    const due = await archive('--dry-run')
    const one = await archive('--dry-run', '--month', '2031-09')

    expect(due).toEqual(good('2031-05  3 lotteries, 303 ballots; is not archived yet\n'))
    expect(one).toEqual(
      good(
        '2031-09  0 lotteries, 0 ballots; is not archived yet\n         it is not over\n         it has no lotteries\n',
      ),
    )
    expect([await keysIn(month.folder), await month.state()]).toEqual([[], undefined])
  })

  it('refuses wrong use with exit code 2, and says how it is used', async () => {
    const [{ code, output, errors }, restore] = await Promise.all([
      archive('--month', '2031-13'),
      runCli('restore-archive', [], environment),
    ])

    const usage = '--month must be YYYY-MM.\nusage: npm run archive -- [--month YYYY-MM] [--dry-run]\n'
    expect([code, output, errors]).toEqual([2, '', usage])
    expect([restore.code, restore.output, restore.errors]).toEqual([
      2,
      '',
      '--month must be YYYY-MM.\nusage: npm run restore:archive -- --month YYYY-MM\n',
    ])
  })

  it('says with exit code 1 what is missing: the setting, or the folder', async () => {
    const { DATABASE_URL = '', LEDGER_SIGNING_KEY = '' } = environment
    const absent = pathToFileURL(join(month.folder, 'absent')).href
    const [unset, folder] = await Promise.all([
      runCli('archive', ['--month', '2031-05'], { DATABASE_URL, LEDGER_SIGNING_KEY }),
      runCli('archive', [], { ...environment, ARCHIVE_URL: absent }),
    ])

    expect(unset).toEqual(bad('FAIL  Set ARCHIVE_URL to file:/// and a folder, or to s3://bucket/prefix.\n'))
    expect(folder.errors).toMatch(
      /^FAIL {2}2031-05 {2}The archive of old lotteries does not answer. Try again later. \(ENOENT: no such file or directory.*\/absent.*\)\n$/,
    )
  })

  it('lets one archiver work at a time: the other one says so, with exit code 0', async () => {
    const release = await month.service.hold('lock table archives in share mode')
    const first = archive()
    await untilArchiverWaits(month)
    const others = await Promise.all([archive(), runCli('restore-archive', ['--month', '2031-05'], environment)])
    await release()

    expect(others[0]).toEqual(good('Another archiver is at work.\n'))
    expect(others[1]).toEqual({ ...bad(''), output: 'Another archiver is at work.\n' })
    expect(await first).toEqual(good('2031-05  is archived\n'))
    expect([await month.state(), await month.archivedEvents(), await month.findings()]).toEqual(['dropped', 1, []])
  })

  it('says what there is to do no more, and restores a month', async () => {
    expect(await archive()).toEqual(good('No month is due.\n'))
    const restored = await runCli('restore-archive', ['--month', '2031-05'], environment)
    expect(restored).toEqual(good('2031-05  is in the database again\n'))
    expect(await month.state()).toBe('restored')
  })
})

function archive(...args: readonly string[]) {
  return runCli('archive', args, environment)
}

function good(output: string) {
  return { code: 0, signal: null, output, errors: '' }
}

function bad(errors: string) {
  return { code: 1, signal: null, output: '', errors }
}
