import { asc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox, recordedEvents } from '../../shared/infrastructure/schema.ts'
import type { StoredUser, UserCheckQueries } from '../application/user-check-queries.ts'
import { users, usersToForget } from './schema.ts'

type EventRow = Pick<typeof recordedEvents.$inferSelect, 'seq' | 'type' | 'data'> & { readonly occurredAt: string }

/** Events of the user of a row, as JSON, so that one statement reads both. */
const EVENTS = sql<EventRow[]>`(
  select coalesce(json_agg(json_build_object('seq', seq, 'type', type, 'data', data, 'occurredAt', occurred_at)
    order by seq), '[]')
  from ${recordedEvents} where aggregate = 'user/' || ${users}.id)`

export class DrizzleUserCheckQueries implements UserCheckQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async users({ after, limit }: { after: UserId | undefined; limit: number }): Promise<readonly StoredUser[]> {
    const rows = await this.#db
      .select({ user: users, events: EVENTS })
      .from(users)
      .where(after && gt(users.id, after))
      .orderBy(asc(users.id))
      .limit(limit)
    return rows.map(({ user, events }) => ({
      state: {
        ...user,
        id: user.id as UserId,
        bannedAt: user.bannedAt?.getTime() ?? null,
        forgottenAt: user.forgottenAt?.getTime() ?? null,
        createdAt: user.createdAt.getTime(),
      },
      events: events.map((event) => ({ ...event, occurredAt: Date.parse(event.occurredAt) })),
    }))
  }

  async forgettings(): Promise<readonly { at: Instant; users: number; events: number }[]> {
    const { rows } = await this.#db.execute<{ at: number; users: number; events: number }>(sql`
      select extract(epoch from at)::float8 * 1000 as at, coalesce(users, 0) as users, coalesce(events, 0) as events
      from (select forgotten_at as at, count(*)::int as users from ${users} where forgotten_at is not null group by 1) row
      full join (
        select occurred_at as at, count(*)::int as events
        from ${recordedEvents} where type = 'user.forgotten.v1' group by 1
      ) event using (at)
      where users is distinct from events order by at`)
    return rows
  }

  async neverForgotten(): Promise<readonly string[]> {
    const { userId } = usersToForget
    const rows = await this.#db
      .select({ userId })
      .from(usersToForget)
      .leftJoin(users, eq(users.id, userId))
      .where(isNull(users.forgottenAt))
      .orderBy(asc(userId))
    return rows.map((row) => row.userId)
  }

  async lastAuditIndex(): Promise<number> {
    const { rows } = await this.#db.execute<{ last: string | null }>(sql`
      select greatest((select max(audit_index) from ${outbox}), (select max(index) from audit_log))::text as last`)
    return Number(rows[0]?.last ?? -1)
  }

  async unknownUsers(from: number, to: number): Promise<readonly string[]> {
    const { rows } = await this.#db.execute<{ aggregate: string }>(sql`
      select distinct aggregate from ${recordedEvents} where audit_index between ${from} and ${to} and aggregate like 'user/%'
        and not exists (select from ${users} where 'user/' || ${users.id} = aggregate)
      order by aggregate`)
    return rows.map(({ aggregate }) => aggregate)
  }

  async bansInForce({ before, at, after, limit }: Parameters<UserCheckQueries['bansInForce']>[0]) {
    const until = new Date(at).toISOString()
    const { rows } = await this.#db.execute<{ id: string; user_id: UserId; audit_index: string }>(sql`
      select id, substr(aggregate, 6) as user_id, audit_index::text from ${outbox} ban
      where type = 'user.banned.v1' and audit_index > ${after} and audit_index < ${before} and occurred_at <= ${until}
        and not exists (
          select from ${outbox} later
          where later.aggregate = ban.aggregate and later.type in ('user.banned.v1', 'user.unbanned.v1')
            and later.audit_index > ban.audit_index and later.audit_index < ${before} and later.occurred_at <= ${until})
      order by audit_index limit ${limit}`)
    return rows.map((row) => ({ eventId: row.id, userId: row.user_id, auditIndex: Number(row.audit_index) }))
  }
}
