import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TokenVerifier, VerifiedToken } from '../../../src/access/application/token-verifier.ts'
import { TokenInvalid } from '../../../src/access/domain/errors.ts'
import { CachingTokenVerifier } from '../../../src/access/infrastructure/caching-token-verifier.ts'
import { identityOf } from '../../../src/shared/domain/caller.ts'

const NOON = Date.parse('2026-03-10T12:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  vi.spyOn(performance, 'now').mockImplementation(() => 1_000 + Date.now() - NOON) // the clock of the cache
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Verifies tokens of the form `<subject>/<seconds that it is valid>`, and remembers them. */
class ScriptedVerifier implements TokenVerifier {
  readonly verified: string[] = []

  async verify(token: string): Promise<VerifiedToken> {
    this.verified.push(token)
    const [subject = '', seconds] = token.split('/')
    const expiresAt = NOON / 1_000 + Number(seconds)
    if (subject === 'forged' || expiresAt * 1_000 <= Date.now()) throw new TokenInvalid('it has expired')
    return { identity: identityOf('issuer', subject), roles: ['operator'], expiresAt }
  }
}

function aVerifier() {
  const inner = new ScriptedVerifier()
  return { inner, caching: new CachingTokenVerifier(inner) }
}

describe('a remembered token', () => {
  it('is verified once, and gives the same facts', async () => {
    const { inner, caching } = aVerifier()

    const first = await caching.verify('ada/600')
    vi.advanceTimersByTime(59_000)

    expect(await caching.verify('ada/600')).toEqual(first)
    expect(await caching.verify('bob/600')).toMatchObject({ identity: 'issuer bob' })
    expect(inner.verified).toEqual(['ada/600', 'bob/600'])
  })

  it.each([0.5, 1, 10.25, 59])('is refused once its %s seconds are over', async (seconds) => {
    const { caching } = aVerifier()
    const token = `ada/${seconds}`

    await caching.verify(token)
    vi.advanceTimersByTime(seconds * 1_000 - 1)
    expect(await caching.verify(token)).toBeDefined()
    vi.advanceTimersByTime(1)

    await expect(caching.verify(token)).rejects.toThrow(TokenInvalid)
  })

  it('is verified again after 60 seconds, however often it comes in between', async () => {
    const { inner, caching } = aVerifier()

    for (let second = 0; second < 180; second += 1) {
      await caching.verify('ada/600')
      vi.advanceTimersByTime(1_000)
    }

    expect(inner.verified).toHaveLength(3)
  })
})

it('a refused token is not remembered', async () => {
  const { inner, caching } = aVerifier()

  for (let n = 0; n < 2; n += 1) await expect(caching.verify('forged/600')).rejects.toThrow(TokenInvalid)

  expect(inner.verified).toEqual(['forged/600', 'forged/600'])
})

it('a token that is accepted only by the leeway is verified every time', async () => {
  const verified: string[] = []
  const caching = new CachingTokenVerifier({
    verify: async (token) => {
      verified.push(token)
      return { identity: identityOf('issuer', token), roles: ['agent'], expiresAt: NOON / 1_000 - 10 }
    },
  })

  for (let n = 0; n < 2; n += 1) await caching.verify('ada')

  expect(verified).toEqual(['ada', 'ada'])
})

it('10,000 tokens are remembered at most, those that came last', async () => {
  const { inner, caching } = aVerifier()

  for (let n = 0; n <= 10_000; n += 1) await caching.verify(`${n}/600`)
  inner.verified.splice(0)
  for (const n of [10_000, 5_000, 1]) await caching.verify(`${n}/600`)
  expect(inner.verified).toEqual([])

  await caching.verify('0/600')
  expect(inner.verified).toEqual(['0/600'])
})
