import type { ClientBase } from 'pg'
import type { MonthPartitions } from '../application/month-partitions.ts'
import { Month } from '../domain/month.ts'

const PARENTS = ['ballots', 'ledger_subtrees'] as const

/** Longest wait for a lock, in milliseconds. Submits queue behind a waiting lock, so it gives up soon, and tries again. */
const LOCK_TIMEOUT_MS = 100
const ATTEMPTS = 100
const PAUSE_MS = 100
const LOCK_NOT_AVAILABLE = '55P03'
const IN_USE = 'a long transaction is in the way, such as that of a backup. Run the command again when it has ended'
const ON_CITUS =
  'This database has Citus, which detaches no partition while submits go on. Months cannot be archived here: add workers instead.'

type PartitionState = 'attached' | 'detaching' | 'detached' | 'absent'

export class PostgresMonthPartitions implements MonthPartitions {
  readonly #client: ClientBase

  /** No transaction is open on the client. */
  constructor(client: ClientBase) {
    this.#client = client
  }

  async requireOwner(): Promise<void> {
    const { rows } = await this.#client.query<{ role: string; owns: boolean; citus: boolean }>(`
      select current_user as role, bool_and(pg_has_role(current_user, relowner, 'usage')) as owns,
        exists (select from pg_extension where extname = 'citus') as citus
      from pg_class where oid = any(array['ballots', 'ledger_subtrees']::regclass[])`)
    if (rows[0]?.citus) throw new Error(ON_CITUS)
    if (rows[0]?.owns) return
    throw new Error(
      `The role ${rows[0]?.role} does not own the tables. Set ARCHIVE_DATABASE_URL to the database URL of the role that does.`,
    )
  }

  async placeOf(month: Month): Promise<'attached' | 'detached' | 'absent'> {
    const states: PartitionState[] = []
    for (const parent of PARENTS) states.push(await this.#stateOf(nameOf(parent, month)))
    if (states.includes('attached')) return 'attached'
    return states.includes('absent') ? 'absent' : 'detached'
  }

  async detach(month: Month): Promise<void> {
    for (const parent of PARENTS) await this.#detach(parent, nameOf(parent, month))
  }

  async attach(month: Month): Promise<void> {
    const first = Month.firstDay(month)
    const next = Month.firstDay(Month.addMonths(month, 1))
    for (const parent of PARENTS) {
      const name = nameOf(parent, month)
      const state = await this.#stateOf(name)
      if (state === 'absent') throw new Error(`the table ${name} was dropped`)
      if (state === 'detaching') await this.#detach(parent, name)
      if (state !== 'attached')
        await this.#retry(`alter table ${parent} attach partition ${name} for values from ('${first}') to ('${next}')`)
      await this.#dropBounds(name)
    }
  }

  async drop(month: Month): Promise<void> {
    const names = PARENTS.map((parent) => nameOf(parent, month))
    for (const name of names) {
      const state = await this.#stateOf(name)
      if (state === 'attached' || state === 'detaching')
        throw new Error(`the table ${name} is attached: a restore was interrupted. Run it again, or detach the table`)
    }
    await this.#client.query(`drop table if exists ${names.join(', ')}`)
  }

  /** A detaching that was interrupted, or waited too long, is finalized: it cannot be taken back. */
  async #detach(parent: string, name: string): Promise<void> {
    await this.#retry(async () => {
      const state = await this.#stateOf(name)
      if (state === 'attached') return `alter table ${parent} detach partition ${name} concurrently`
      return state === 'detaching' ? `alter table ${parent} detach partition ${name} finalize` : undefined
    })
  }

  async #stateOf(name: string): Promise<PartitionState> {
    const { rows } = await this.#client.query<{ oid: string | null; pending: boolean | null }>(
      `select to_regclass($1)::oid as oid, (select inhdetachpending from pg_inherits where inhrelid = to_regclass($1)) as pending`,
      [name],
    )
    const { oid = null, pending = null } = rows[0] ?? {}
    if (oid === null) return 'absent'
    if (pending === null) return 'detached'
    return pending ? 'detaching' : 'attached'
  }

  /** Removes the checks that a detached table has of its bounds: the partition has them again. */
  async #dropBounds(name: string): Promise<void> {
    const { rows } = await this.#client.query<{ conname: string }>(
      `select conname from pg_constraint where conrelid = $1::regclass and contype = 'c' and conname like '%_lottery_date_check%'`,
      [name],
    )
    for (const { conname } of rows) await this.#retry(`alter table ${name} drop constraint ${conname}`)
  }

  /** Runs a statement, and again while it does not get its lock. Without a statement there is nothing to do. */
  async #retry(next: string | (() => Promise<string | undefined>)): Promise<void> {
    await this.#client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`)
    try {
      for (let attempt = 1; ; attempt += 1) {
        const statement = typeof next === 'string' ? next : await next()
        if (statement === undefined) return
        const error = await this.#client.query(statement).then(
          () => undefined,
          (failure: unknown) => failure,
        )
        if (error === undefined) return
        if ((error as { readonly code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
        if (attempt === ATTEMPTS) throw new Error(IN_USE, { cause: error })
        await this.#client.query(`select pg_sleep(${PAUSE_MS / 1_000})`)
      }
    } finally {
      await this.#client.query('reset lock_timeout')
    }
  }
}

function nameOf(parent: (typeof PARENTS)[number], month: Month): string {
  return `${parent}_${month.replace('-', '_')}`
}
