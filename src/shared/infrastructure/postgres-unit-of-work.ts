import { setTimeout } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { Pool, PoolClient } from 'pg'
import type { UnitOfWork } from '../application/unit-of-work.ts'
import { commitFailure, isTransient, named } from './postgres-errors.ts'
import type { Database } from './postgres-pool.ts'

const MAX_ATTEMPTS = 4
/** Base of the pause before a re-run, in milliseconds; jitter spreads those who failed together. */
const RETRY_BASE_MS = 10

/** A unit of work is one READ COMMITTED transaction on one connection. */
export class PostgresUnitOfWork<Repos> implements UnitOfWork<Repos> {
  readonly #pool: Pool
  readonly #repositories: (db: Database) => Repos
  readonly #repos = new WeakMap<PoolClient, Repos>()

  constructor(pool: Pool, repositories: (db: Database) => Repos) {
    this.#pool = pool
    this.#repositories = repositories
  }

  /** One set for each connection, so that what they prepare is prepared once. */
  #reposOn(client: PoolClient): Repos {
    const known = this.#repos.get(client) ?? this.#repositories(drizzle({ client }))
    this.#repos.set(client, known)
    return known
  }

  async run<T>(work: (repos: Repos) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withTransaction(this.#pool, (client) => work(this.#reposOn(client)))
      } catch (error) {
        if (!isTransient(error) || attempt === MAX_ATTEMPTS) throw named(error)
      }
      await setTimeout(RETRY_BASE_MS * 2 ** attempt * Math.random())
    }
  }
}

/** Runs `work` between BEGIN and COMMIT. Whatever happens, the client goes back clean or is destroyed. */
async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = false
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
    const result = await work(client)
    broken = true
    await commit(client)
    broken = false
    return result
  } catch (error) {
    if (!broken) broken = !(await rolledBack(client))
    throw error
  } finally {
    client.release(broken)
  }
}

/** A COMMIT of a transaction that failed inside is answered by the tag ROLLBACK, not by an error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw commitFailure(error)
  })
  if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}: an error inside was swallowed`)
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    return false
  }
}
