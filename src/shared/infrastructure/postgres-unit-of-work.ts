import { setTimeout } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { Pool, PoolClient } from 'pg'
import { ConnectionLost } from '../application/unavailable.ts'
import type { UnitOfWork } from '../application/unit-of-work.ts'
import { commitFailure, isTransient, named } from './postgres-errors.ts'
import type { Database } from './postgres-pool.ts'

const MAX_ATTEMPTS = 4
/** Base of the pause before a re-run, in milliseconds. Jitter spreads units of work that failed together. */
const RETRY_BASE_MS = 10

/** Runs each unit of work as one READ COMMITTED transaction on one connection. */
export class PostgresUnitOfWork<Repos> implements UnitOfWork<Repos> {
  readonly #pool: Pool
  readonly #repositories: (db: Database) => Repos
  readonly #repos = new WeakMap<PoolClient, Repos>()

  constructor(pool: Pool, repositories: (db: Database) => Repos) {
    this.#pool = pool
    this.#repositories = repositories
  }

  /** The repositories of a connection. They are made once, so each of their statements is prepared once. */
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

/** Runs `work` between BEGIN and COMMIT. Afterwards the client is returned to the pool clean, or destroyed. */
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
    // The pool would lend a connection to a server that takes no writes again. A new one may lead to the new primary.
    if (!broken) broken = named(error) instanceof ConnectionLost || !(await tryRollback(client))
    throw error
  } finally {
    client.release(broken)
  }
}

/** Commits. PostgreSQL answers the COMMIT of a failed transaction with the tag ROLLBACK, not with an error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw commitFailure(error)
  })
  if (command !== 'COMMIT')
    throw new Error(
      `COMMIT was answered by ${command}: the unit of work caught the error of a statement instead of throwing it`,
    )
}

/** Rolls back. Returns false when the connection is broken. */
async function tryRollback(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK')
    return true
  } catch {
    return false
  }
}
