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
 * Makes Citus commit each transaction with an event in two phases. It does so by itself when several nodes are written through
 * it, but does not see that a plain table of the coordinator is: it would commit on the worker first, and a crash before the
 * commit on the coordinator would leave a lottery without its event. It sees a DELETE, also when there is nothing to delete.
 */
const TWO_PHASES = `
  create table if not exists commits_in_two_phases (nothing boolean primary key check (nothing is null));
  select citus_add_local_table_to_metadata('commits_in_two_phases');
  create or replace function commit_in_two_phases() returns trigger language plpgsql
    security definer set search_path = pg_catalog, public, pg_temp as
    'begin delete from public.commits_in_two_phases; return null; end';
  revoke execute on function commit_in_two_phases() from public;
  create or replace trigger outbox_in_two_phases after insert on outbox for each statement
    execute function commit_in_two_phases()`

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
    await client.query(TWO_PHASES)
    const known = await knownTables(client)
    const missing = Object.keys(BY_DATE).filter((table) => !known.has(table))
    for (const table of missing) {
      const together = table === 'lotteries' ? 'default' : 'lotteries'
      const distribute = 'select create_distributed_table($1::regclass, $2, colocate_with := $3)'
      await client.query(distribute, [table, BY_DATE[table], together])
    }
    return missing
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
