import { Client } from 'pg'

interface Shift {
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
  readonly seconds?: number
}

/** The clock of one test database. It keeps running from the time to which it was set. */
export interface TestClock {
  /** Sets the clock to a time in ISO 8601 or in milliseconds since 1970. */
  moveTo(time: string | number): Promise<void>
  /** Moves the clock forwards, or backwards by negative values. */
  advance(by: Shift): Promise<void>
  /** The current time of the clock, in milliseconds since 1970. */
  now(): Promise<number>
}

/**
 * Gives a test database a clock of its own. Unqualified `clock_timestamp()` resolves to a schema that comes before
 * pg_catalog in the search path. Only new connections use this clock. Moves of the clock reach them at once.
 */
export async function installTestClock(url: string): Promise<TestClock> {
  await query(
    url,
    `create schema test_clock;
     create table test_clock.shift (shift interval not null);
     insert into test_clock.shift values ('0');
     create function test_clock.clock_timestamp() returns timestamptz language sql volatile as
       'select pg_catalog.clock_timestamp() + (select shift from test_clock.shift)'`,
  )
  return useTestClock(url)
}

/** The clock of a database that has one, or of a copy of such a database. */
export async function useTestClock(url: string): Promise<TestClock> {
  const database = new URL(url).pathname.slice(1)
  await query(url, `alter database "${database}" set search_path = public, test_clock, pg_catalog`)
  await closeIdle(url) // these connections do not see the clock
  return {
    moveTo: async (time) => {
      const at = new Date(time).toISOString()
      await query(url, 'update test_clock.shift set shift = $1::timestamptz - pg_catalog.clock_timestamp()', [at])
    },
    advance: async ({ days = 0, hours = 0, minutes = 0, seconds = 0 }) => {
      const by = `make_interval(days => $1, hours => $2, mins => $3, secs => $4)`
      await query(url, `update test_clock.shift set shift = shift + ${by}`, [days, hours, minutes, seconds])
    },
    now: async () => {
      const ms = 'floor(extract(epoch from test_clock.clock_timestamp()) * 1000)::float8'
      const [row] = await query<{ at: number }>(url, `select ${ms} as at`)
      return row?.at ?? Number.NaN
    },
  }
}

/** Connections that no statement uses, by URL. Opening one takes longer than most statements. */
const idle = new Map<string, Set<Client>>()

/** Runs a statement on a connection that no other statement uses meanwhile. What the statement sets is not kept. */
export async function query<Row extends object>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = takeIdle(url) ?? (await connect(url))
  const { rows } = await client.query<Row>(sql, values).catch(async (error: unknown) => {
    await client.end()
    throw error
  })
  if (/^\s*(set|alter database)\b/.test(sql)) await client.end()
  else keepIdle(url, client)
  return rows
}

/** Closes the idle connections to a database, which can then be copied. */
export async function closeIdle(url: string): Promise<void> {
  const clients = [...(idle.get(url) ?? [])]
  idle.delete(url)
  await Promise.all(clients.map((client) => client.end()))
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => idle.get(url)?.delete(client)) // a statement in flight reports the error
  await client.connect()
  return client
}

function takeIdle(url: string): Client | undefined {
  const [client] = idle.get(url) ?? []
  if (client) idle.get(url)?.delete(client)
  return client
}

function keepIdle(url: string, client: Client): void {
  idle.set(url, (idle.get(url) ?? new Set()).add(client))
}
