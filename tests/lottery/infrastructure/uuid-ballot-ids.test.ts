import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { uuidBallotIds } from '../../../src/lottery/infrastructure/uuid-ballot-ids.ts'
import { TODAY, TOMORROW, userId } from '../../support/builders.ts'

const IDS = uuidBallotIds(Buffer.alloc(32, 2))

const key = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
})

describe('minting ballot ids', () => {
  it('returns unique UUIDv7 in lower case, larger in a later millisecond', () => {
    const ids = Array.from({ length: 5_000 }, () => IDS.mint())

    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    )
    expect(new Set(ids).size).toBe(5_000)
    const milliseconds = ids.map((id) => id.slice(0, 13))
    expect([...milliseconds].sort()).toEqual(milliseconds)
  })
})

describe('minting salts', () => {
  it('returns 16 bytes, never the same twice', () => {
    const salts = Array.from({ length: 1_000 }, () => IDS.mintSalt())

    expect(salts.every((salt) => salt.length === 16)).toBe(true)
    expect(new Set(salts.map((salt) => Buffer.from(salt).toString('hex'))).size).toBe(1_000)
  })
})

describe('deriving a ballot id from an idempotency key', () => {
  it('returns the same UUIDv8 for the same user, date and key, and another one for any other', () => {
    const words = fc.tuple(fc.integer({ min: 1, max: 3 }).map(userId), fc.constantFrom(TODAY, TOMORROW), key)

    fc.assert(
      fc.property(words, words, (one, other) => {
        const id = IDS.derive(...one)

        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(IDS.derive(...other) === id).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
    )
  })

  it('never changes between releases, because stored keys must find their ballots', () => {
    expect(IDS.formerlyDerived(userId(1), TODAY, 'once')).toBe('5078b2a6-fdb8-8b9a-b21a-419c1e029bed')
    expect(IDS.derive(userId(1), TODAY, 'once')).toBe('50c3d52e-086f-8fff-8792-6646fc2092b7')
  })
})
