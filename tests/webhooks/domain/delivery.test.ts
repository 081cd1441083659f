import { describe, expect, it } from 'vitest'
import { type AttemptResult, MAX_ATTEMPTS, retryAfterMs, verdictOn } from '../../../src/webhooks/domain/delivery.ts'

const answered = (status: number): AttemptResult => ({ status, error: null })
const FAILED: AttemptResult = { status: null, error: 'timeout' }

describe('an attempt', () => {
  it.each([
    [answered(200), 'delivered'],
    [answered(299), 'delivered'],
    [answered(199), 'retried'],
    [answered(302), 'retried'],
    [answered(404), 'retried'],
    [answered(410), 'gone'],
    [answered(500), 'retried'],
    [FAILED, 'retried'],
  ])('%j is %s', (result, verdict) => {
    expect(verdictOn(result, 0)).toBe(verdict)
  })

  it('is the last one when there were enough before it', () => {
    expect(verdictOn(FAILED, MAX_ATTEMPTS - 2)).toBe('retried')
    expect(verdictOn(FAILED, MAX_ATTEMPTS - 1)).toBe('parked')
    expect(verdictOn(answered(200), MAX_ATTEMPTS - 1)).toBe('delivered')
  })
})

describe('the time to the next attempt', () => {
  it('doubles up to half a day, and is at least half of that', () => {
    const seconds = (random: number) => [0, 1, 2, 13, 14].map((attempts) => retryAfterMs(attempts, random) / 1_000)

    expect(seconds(0)).toEqual([2.5, 5, 10, 20_480, 21_600])
    expect(seconds(1)).toEqual([5, 10, 20, 40_960, 43_200])
  })

  it('gives a receiver that is away between 11 hours and a day before anything is parked', () => {
    const hours = (random: number) =>
      Array.from({ length: MAX_ATTEMPTS - 1 }, (_, n) => retryAfterMs(n, random)).reduce((a, b) => a + b) / 3_600_000

    expect(hours(0)).toBeGreaterThan(11)
    expect(hours(1)).toBeLessThan(24)
  })
})
