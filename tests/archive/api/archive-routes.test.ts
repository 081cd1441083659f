import { expect, it, onTestFinished } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { FindArchives } from '../../../src/archive/application/find-archives.ts'
import { Archive, type ArchiveState } from '../../../src/archive/domain/archive.ts'
import { Month } from '../../../src/archive/domain/month.ts'
import { CAUSE } from '../../support/builders.ts'
import { memoryParts } from '../../support/memory-app.ts'

const URL = 'https://archive.example/old/'
const AT = Date.parse('2027-03-01T03:10:00Z')
const MANIFEST = { text: '{"format":"lottery-archive-v1","month":"2026-11","lotteries":[]}', hash: Buffer.alloc(32, 7) }

it('the archived months are listed, newest first, with the place of their ballots', async () => {
  const { get } = await appWith(
    [archived('2026-12', 'verified'), archived('2026-11', 'dropped'), begun('2026-10')],
    URL,
  )

  const { items } = (await get('/archive')).json<{ items: object[] }>()

  expect(items).toEqual([
    expect.objectContaining({ month: '2026-12', ballots: 'database' }),
    {
      month: '2026-11',
      ballots: 'archive',
      manifest_sha256: '07'.repeat(32),
      archived_at: '2027-03-01T03:10:00.000Z',
      urls: {
        manifest: 'https://archive.example/old/manifest/2026-11.json',
        note: 'https://archive.example/old/manifest/2026-11.note',
        base: 'https://archive.example/old/',
      },
    },
  ])
})

it('a month has its manifest, and no URLs unless the operator publishes them', async () => {
  const { get } = await appWith([archived('2026-11', 'restored')])

  const month = (await get('/v1/archive/2026-11')).json<object>()

  expect(month).toMatchObject({
    month: '2026-11',
    ballots: 'database',
    urls: null,
    manifest: JSON.parse(MANIFEST.text),
  })
})

it.each([
  ['/archive/2026-10', 404, 'archive_not_found'],
  ['/archive/2025-01', 404, 'archive_not_found'],
  ['/archive/2026-13', 400, 'invalid_request'],
  ['/archive/2026-1', 400, 'invalid_request'],
])('%s is %i %s', async (path, status, code) => {
  const { get } = await appWith([begun('2026-10')])

  const answer = await get(path)

  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code])
})

async function appWith(states: readonly ArchiveState[], publicUrl?: string) {
  const find = async (month: Month) => states.find((state) => state.month === month)
  const findArchives = new FindArchives({ find, list: async () => states })
  const app = await buildApp({ ...memoryParts(), archive: { findArchives, publicUrl } })
  onTestFinished(() => app.close())
  return { get: (url: string) => app.inject(url) }
}

function begun(month: string): ArchiveState {
  return Archive.begin(Month.parse(month), AT).state
}

function archived(month: string, status: ArchiveState['status']): ArchiveState {
  const archive = Archive.begin(Month.parse(month), AT)
  archive.upload(MANIFEST)
  archive.verify({ lotteries: 0, ballots: 0 }, AT, CAUSE)
  return { ...archive.state, status }
}
