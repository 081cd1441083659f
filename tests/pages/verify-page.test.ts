import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { verifierFiles } from '../../src/pages/verifier-files.ts'
import { appThatChecks } from './checking-app.ts'

const app = await appThatChecks()

it('shows the SHA-256 of each file that it runs, as it is served, and of verifier.html', async () => {
  const { body } = await app.inject('/verify')
  const shown = new Map(
    [...body.matchAll(/<a href="([^"]+)">\1<\/a><\/dt><dd><code>([0-9a-f]{64})</g)].map(([, path = '', hash]) => [
      path,
      hash,
    ]),
  )

  expect([...shown.keys()]).toEqual(
    expect.arrayContaining([
      '/verifier.html',
      '/assets/verify.js',
      '/assets/verify-worker.js',
      ...verifierFiles().map(({ path }) => path),
    ]),
  )
  for (const [path, hash] of shown) {
    const { rawPayload } = await app.inject(path)
    expect([path, createHash('sha256').update(rawPayload).digest('hex')]).toEqual([path, hash])
  }
})

it('says plainly that it comes from the operator', async () => {
  expect((await app.inject('/verify')).body).toContain('If you distrust the operator, its answer proves nothing')
})

it('lets one policy of trusted types make the URL of its worker, and connects to nothing itself', async () => {
  const policy = String((await app.inject('/verify')).headers['content-security-policy'])

  expect(policy).toContain("require-trusted-types-for 'script';trusted-types verifier")
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("connect-src 'none'")
})

it('fills in the documents of a day, and nothing else that is handed to it', async () => {
  expect((await app.inject('/verify?date=2026-03-10')).body).toContain('>/lotteries/2026-03-10/evidence</textarea>')
  for (const date of [
    '"><script>alert(1)</script>',
    'javascript:alert(1)',
    '2026-02-30',
    '../../x',
    '2026-03-10&date=2026-03-11',
  ]) {
    const { statusCode, body } = await app.inject({ url: '/verify', query: `date=${encodeURIComponent(date)}` })
    expect([statusCode, body.includes('A day is written'), body.includes('/evidence</textarea>')]).toEqual([
      200,
      true,
      false,
    ])
    expect(body).not.toMatch(/<script>|javascript:/)
  }
  expect((await app.inject('/verify?date=2026-03-10&date=2026-03-11')).body).not.toContain('/evidence</textarea>')
})
