import type { Clock } from '../../src/shared/application/clock.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: Instant

  constructor(time: string | Instant = '2026-03-10T12:00:00Z') {
    this.#now = new Date(time).getTime()
  }

  now(): Instant {
    return this.#now
  }

  /** Sets the clock to a time in ISO 8601 or in milliseconds since 1970. */
  moveTo(time: string | Instant): void {
    this.#now = new Date(time).getTime()
  }

  advance({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }: Partial<Record<Unit, number>>): void {
    this.#now += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + ms
  }
}

type Unit = 'days' | 'hours' | 'minutes' | 'seconds' | 'ms'
