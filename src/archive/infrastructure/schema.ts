import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { bytea } from '../../shared/infrastructure/bytea.ts'

/** Months that are archived, or on their way. */
export const archives = pgTable(
  'archives',
  {
    /** `YYYY-MM` */
    month: text().primaryKey(),
    state: text({ enum: ['exporting', 'uploaded', 'verified', 'detached', 'dropped', 'restored'] }).notNull(),
    /** The manifest, from `uploaded` on. */
    manifest: text(),
    manifestHash: bytea('manifest_hash'),
    startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }).notNull(),
    verifiedAt: timestamp('verified_at', { withTimezone: true, precision: 3 }),
    detachedAt: timestamp('detached_at', { withTimezone: true, precision: 3 }),
    droppedAt: timestamp('dropped_at', { withTimezone: true, precision: 3 }),
  },
  (table) => [
    check('archives_month', sql`${table.month} ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'`),
    check('archives_manifest', sql`(${table.manifest} is null) = (${table.state} = 'exporting')`),
    check('archives_manifest_hash', sql`(${table.manifest} is null) = (${table.manifestHash} is null)`),
  ],
)
