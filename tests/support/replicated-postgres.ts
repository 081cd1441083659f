import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { findLauncher } from '../../src/embedded-postgres/launcher.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { MovingAddress } from './moving-address.ts'
import { PostgresNode } from './postgres-node.ts'
import { installTestClock, query, type TestClock, useTestClock } from './test-clock.ts'

const DATABASE = 'lottery'

/** A primary, its synchronous standby, and the address that leads to the primary. They end with the test, also a late one. */
export class ReplicatedPostgres {
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
    const folder = await mkdtemp(join(tmpdir(), 'lottery-failover-'))
    const { account } = await findLauncher(folder, join(folder, 'one'))
    if (account) await chown(folder, account.uid, account.gid)
    const one = await PostgresNode.at(folder, programs, 'one')
    const two = await PostgresNode.at(folder, programs, 'two')
    const pair = new ReplicatedPostgres(folder, one, two, await MovingAddress.openTo(one.port))
    onTestFinished(() => pair.#stop())
    await one.init()
    await one.start()
    await query(one.urlOf('postgres'), `create database ${DATABASE}`)
    await migrateDatabase(pair.urlOf(one))
    await installTestClock(pair.urlOf(one))
    await pair.follow()
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
    await vi.waitFor(
      async () => {
        if ((await query(url, isFollowed)).length !== 1) throw new Error(`${standby.name} is not synchronous yet`)
      },
      { timeout: 10_000, interval: 20 },
    )
  }

  /** Breaks the replication, and resolves when a commit waits for the standby. */
  async isolateStandby(): Promise<void> {
    const standby = this.standby.urlOf('postgres')
    await query(standby, "alter system set primary_conninfo = ''")
    await query(standby, 'select pg_reload_conf()')
    await vi.waitFor(() => this.commitWaits(this.primary), { timeout: 10_000, interval: 20 })
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

  async #stop(): Promise<void> {
    await this.address[Symbol.asyncDispose]()
    await Promise.all([this.primary, this.standby].map((node) => node.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}
