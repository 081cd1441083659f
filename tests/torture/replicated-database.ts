import { ReplicatedPostgres } from '../support/replicated-postgres.ts'
import { query } from '../support/test-clock.ts'
import { untilSucceeds } from '../support/until-succeeds.ts'
import type { Database } from './database.ts'

/** A primary, and a synchronous standby that takes over when the primary dies. The URL leads to the present primary. */
export class ReplicatedDatabase implements Database {
  readonly name = 'a primary with a synchronous standby'
  killed = 0
  readonly #pair: ReplicatedPostgres
  #following = Promise.resolve()

  private constructor(pair: ReplicatedPostgres) {
    this.#pair = pair
  }

  /** Starts both with the programs in a folder. */
  static async open(programs: string): Promise<ReplicatedDatabase> {
    return new ReplicatedDatabase(await ReplicatedPostgres.open(programs))
  }

  get url(): string {
    return this.#pair.url
  }

  moveClock(to: number): Promise<void> {
    return untilSucceeds(async () => (await this.#pair.clock()).moveTo(to))
  }

  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]> {
    return untilSucceeds(() => query<Row>(this.#pair.urlOf(this.#pair.primary), sql, values))
  }

  /**
   * Does harm to a pair whose commits wait for the standby, kills the primary, and promotes the standby. From then on the
   * former primary becomes the new standby in the background.
   */
  async failOver(harm: (pair: ReplicatedPostgres) => Promise<void> | void): Promise<void> {
    await this.#following
    await harm(this.#pair)
    await this.#pair.primary.kill()
    this.killed += 1
    await this.#pair.failOver()
    this.#following = this.#pair.follow()
    this.#following.catch(() => {}) // the next failover and the end throw its error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#following
    } finally {
      await this.#pair[Symbol.asyncDispose]()
    }
  }
}
