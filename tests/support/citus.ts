import { randomBytes } from 'node:crypto'
import { BY_DATE, distributeDatabase } from '../../src/shared/infrastructure/distribution.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { emptyTables, TABLES } from '../contracts/postgres-world.ts'
import { closeIdle, query } from './test-clock.ts'
import type { TestDatabase } from './test-database.ts'

/** Shards of a table: few, as making them takes most of the time. */
const SHARDS = 4
const LEFT_ON_COORDINATOR = TABLES.filter((table) => !(table in BY_DATE))

/** Number of transactions that wait for a lock, on whichever node. */
export const WAITING_ON_CITUS = `select count(distinct global_pid)::int as waiting from citus_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`

interface Node {
  readonly host: string
  readonly port: number
}

/** A new database on each node of the cluster, migrated and distributed. The nodes are reached at the addresses that Citus has. */
export async function createCitusDatabase(url: string): Promise<TestDatabase> {
  const name = `lottery_test_${randomBytes(6).toString('hex')}`
  const nodes = await nodesOf(url)
  const urlOf = (node: Node, database: string) => addressOf(url, node, `/${database}`)
  const maintenance = new URL(url).pathname.slice(1)
  for (const node of nodes) {
    await query(urlOf(node, maintenance), `create database ${name}`)
    await query(urlOf(node, name), 'create extension citus')
  }
  const own = Object.assign(new URL(url), { pathname: `/${name}` }).href
  for (const { host, port, coordinates } of nodes)
    await query(own, `select ${coordinates ? 'citus_set_coordinator_host' : 'citus_add_node'}($1, $2)`, [host, port])
  await query(own, `alter database ${name} set citus.shard_count = ${SHARDS}`)
  await migrateDatabase(own)
  await distributeDatabase(own)
  return {
    url: own,
    drop: async () => {
      for (const node of nodes) {
        await closeIdle(urlOf(node, name))
        await query(urlOf(node, maintenance), `drop database ${name} with (force)`)
        await closeIdle(urlOf(node, maintenance))
      }
    },
  }
}

/** Deletes all rows, past the guards, which a session on the coordinator cannot switch off on the workers. */
export async function emptyCitus(url: string): Promise<void> {
  const nodes = await query<Node & { deletes: string }>(
    url,
    `select nodename as host, nodeport as port, string_agg('delete from ' || shard_name(logicalrelid, shardid), '; ') as deletes
     from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
     where logicalrelid::text = any($1) group by 1, 2`,
    [Object.keys(BY_DATE)],
  )
  const past = 'set session_replication_role = replica; set citus.enable_manual_changes_to_shards = on'
  const { pathname } = new URL(url)
  await Promise.all(nodes.map((node) => query(addressOf(url, node, pathname), `${past}; ${node.deletes}`)))
  await emptyTables(url, LEFT_ON_COORDINATOR)
}

function addressOf(url: string, { host, port }: Node, pathname: string): string {
  return Object.assign(new URL(url), { hostname: host, port: String(port), pathname }).href
}

/** The coordinator first. */
async function nodesOf(url: string): Promise<(Node & { readonly coordinates: boolean })[]> {
  return query(
    url,
    `select nodename as host, nodeport as port, groupid = 0 as coordinates from pg_dist_node
     where noderole = 'primary' order by groupid`,
  )
}
