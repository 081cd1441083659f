import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLauncher } from '../../src/embedded-postgres/launcher.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { MovingAddress } from './moving-address.ts'
import { PostgresNode } from './postgres-node.ts'
import { installTestClock, query, type TestClock, useTestClock } from './test-clock.ts'
import { untilSucceeds } from './until-succeeds.ts'

const DATABASE = 'lottery'

/** A primary, its synchronous standby, and the address that leads to the primary. Leaving the scope of `await using` ends them. */
export class ReplicatedPostgres implements AsyncDisposable {
  primary: PostgresNode
  standby: PostgresNode
  readonly address: MovingAddress
  readonly folder: string

  private constructor(folder: string, primary: PostgresNode, standby: PostgresNode, address: MovingAddress) {
    this.folder = folder
    this.primary = primary
    this.standby = standby
    this.address = address
  }

  /** Starts both, with a migrated database that has a test clock. `programs` is the folder of the programs of PostgreSQL. */
  static async open(programs: string): Promise<ReplicatedPostgres> {
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'lottery-failover-'))
    const { account } = await findLauncher(folder, join(folder, 'one'))
    if (account) await chown(folder, account.uid, account.gid)
    const one = await PostgresNode.at(folder, programs, 'one')
    const two = await PostgresNode.at(folder, programs, 'two')
    const pair = opened.use(new ReplicatedPostgres(folder, one, two, await MovingAddress.openTo(one.port)))
    await one.init()
    await one.start()
    await query(one.urlOf('postgres'), `create database ${DATABASE}`)
    await migrateDatabase(pair.urlOf(one))
    await installTestClock(pair.urlOf(one))
    await pair.follow()
    opened.move() // the pair is the caller's now
    return pair
  }

  /** URL of the database at the address. */
  get url(): string {
    return Object.assign(new URL(this.urlOf(this.primary)), { port: String(this.address.port) }).href
  }

  urlOf(node: PostgresNode): string {
    return node.urlOf(DATABASE)
  }

  /** Clock of the database of the present primary. */
  clock(): Promise<TestClock> {
    return useTestClock(this.urlOf(this.primary))
  }

  /** Makes the standby a copy of the primary, and starts it. Afterwards no commit of the primary is answered before the standby has it. */
  async follow(): Promise<void> {
    const { primary, standby } = this
    await standby.copy(primary)
    await standby.start()
    const url = primary.urlOf('postgres')
    await query(url, `alter system set synchronous_standby_names = '${standby.name}'`)
    await query(url, 'select pg_reload_conf()')
    const isFollowed = "select from pg_stat_replication where sync_state = 'sync'"
    await untilSucceeds(async () => {
      if ((await query(url, isFollowed)).length !== 1) throw new Error(`${standby.name} is not synchronous yet`)
    })
    // The checkpointer makes the setting count for all. A commit that waits for the standby has all earlier ones there with it.
    await query(url, 'checkpoint')
    await query(url, "select pg_logical_emit_message(true, '', '')")
  }

  /** Breaks the replication. What the primary commits from now on never reaches the standby. */
  async isolateStandby(): Promise<void> {
    const standby = this.standby.urlOf('postgres')
    await query(standby, "alter system set primary_conninfo = ''")
    await query(standby, 'select pg_reload_conf()')
    await untilSucceeds(async () => {
      const senders = await query(this.primary.urlOf('postgres'), 'select from pg_stat_replication')
      if (senders.length > 0) throw new Error('the primary still sends to its standby')
    })
  }

  /** @throws Error when no commit of the server waits for a standby */
  async commitWaits(node: PostgresNode): Promise<void> {
    const waiting = "select from pg_stat_activity where wait_event = 'SyncRep'"
    if ((await query(node.urlOf('postgres'), waiting)).length === 0) throw new Error('no commit waits for a standby')
  }

  /** Promotes the standby, and moves the address to it. The former primary is the standby now, and needs a new copy. */
  async failOver(): Promise<void> {
    await this.standby.promote()
    ;[this.primary, this.standby] = [this.standby, this.primary]
    this.address.moveTo(this.primary.port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.address[Symbol.asyncDispose]()
    await Promise.all([this.primary, this.standby].map((node) => node.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}
