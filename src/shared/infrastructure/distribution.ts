import pg from 'pg'
import { named } from './postgres-errors.ts'

const CONNECT_TIMEOUT_MS = 3_000

/** Tables whose rows belong to one lottery each, with the column of its date. All rows of a date are on one node. */
export const BY_DATE: Readonly<Record<string, string>> = {
  lotteries: 'date',
  ballots: 'lottery_date',
  ledger_subtrees: 'lottery_date',
  exclusions: 'lottery_date',
  entropy_secrets: 'lottery_date',
  kept_ballots: 'lottery_date',
}
/**
 * Tables of the coordinator that are written in one transaction with a lottery. Citus has to know them: otherwise it commits on
 * the worker first, and then on the coordinator, and a crash in between leaves one half.
 */
const WITH_LOTTERIES: readonly string[] = ['seals', 'outbox']

/**
 * Distributes the tables over the nodes of a Citus cluster, and leaves those that are distributed. `url` is that of the
 * coordinator, as the owner of the tables. The rows are moved, and submits wait meanwhile.
 *
 * @returns the names of the tables that were distributed now
 * @throws Error in a sentence when the server is no coordinator of Citus, or has missing migrations
 */
export async function distributeDatabase(url: string): Promise<readonly string[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lottery-service distribute',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await requireCoordinator(client)
    await client.query("select pg_advisory_lock(hashtext('lottery-service migrate'))")
    await allowGuards(client)
    const known = await knownTables(client)
    const made: string[] = []
    for (const [table, statement] of statements()) {
      if (known.has(table)) continue
      await client.query(statement)
      made.push(table)
    }
    return made
  } catch (error) {
    throw named(error)
  } finally {
    await client.end()
  }
}

/**
 * Lets tables with triggers be distributed: now, and the partitions that later sessions make. These triggers are the guards. On
 * a shard, they look at rows of one date alone, which are all on that node.
 */
async function allowGuards(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select current_database() as name')
  await client.query('set citus.enable_unsafe_triggers = on')
  await client.query(
    `alter database ${client.escapeIdentifier(rows[0]?.name ?? '')} set citus.enable_unsafe_triggers = on`,
  )
}

function statements(): [table: string, statement: string][] {
  const local = WITH_LOTTERIES.map((table): [string, string] => [
    table,
    `select citus_add_local_table_to_metadata('${table}')`,
  ])
  const byDate = Object.entries(BY_DATE).map(([table, column]): [string, string] => {
    const together = table === 'lotteries' ? '' : `, colocate_with := 'lotteries'`
    return [table, `select create_distributed_table('${table}', '${column}'${together})`]
  })
  return [...local, ...byDate]
}

async function requireCoordinator(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ citus: boolean; migrated: boolean }>(`
    select exists (select from pg_extension where extname = 'citus') as citus, to_regclass('kept_ballots') is not null as migrated`)
  if (!rows[0]?.citus)
    throw new Error(
      'DATABASE_URL names a database without Citus. Name the coordinator of a Citus cluster, and make the extension there ' +
        'and on each worker: create extension citus',
    )
  if (!rows[0].migrated) throw new Error('The database misses migrations. Run `npm run db:migrate` first')
  const coordinator = await client.query<{ is: boolean }>('select citus_is_coordinator() as is')
  if (!coordinator.rows[0]?.is) throw new Error('DATABASE_URL names a worker of Citus. Name the coordinator')
}

async function knownTables(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>('select logicalrelid::text as name from pg_dist_partition')
  return new Set(rows.map(({ name }) => name))
}
