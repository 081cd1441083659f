import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea } from '../../shared/infrastructure/bytea.ts'

/**
 * The audit log, append-only, in partitions of a million entries. `event` is the hashed text; the searchable columns are
 * generated from it. drizzle-kit has no PARTITION BY, so the migration is written by hand.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    index: bigint({ mode: 'number' }).primaryKey(),
    /** Canonical JSON (RFC 8785). */
    event: text().notNull(),
    id: uuid().notNull().generatedAlwaysAs(sql`((event::jsonb ->> 'id')::uuid)`),
    aggregate: text().notNull().generatedAlwaysAs(sql`(event::jsonb ->> 'aggregate')`),
    type: text().notNull().generatedAlwaysAs(sql`(event::jsonb ->> 'type')`),
  },
  (table) => [
    index('audit_log_id').on(table.id),
    index('audit_log_aggregate').on(table.aggregate, table.index),
    index('audit_log_type').on(table.type, table.index),
  ],
)

/** Size and compact range of the audit log's tree, in one row from the first entry on. */
export const auditLogHead = pgTable(
  'audit_head',
  {
    only: boolean().primaryKey().default(true),
    size: bigint({ mode: 'number' }).notNull(),
    /** 32 bytes for each set bit of the size, largest subtree first. */
    range: bytea().notNull(),
  },
  (table) => [check('audit_head_only', sql`${table.only}`)],
)

/** Roots of full subtrees of 2^level entries, stored when they fill. */
export const auditLogSubtrees = pgTable(
  'audit_subtrees',
  {
    level: smallint().notNull(),
    index: bigint({ mode: 'number' }).notNull(),
    hash: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
)

/** Checkpoints of the audit log that witnesses cosigned. Rows never change. */
export const cosignedCheckpoints = pgTable(
  'cosigned_checkpoints',
  {
    size: bigint({ mode: 'number' }).notNull(),
    /** Number of witnesses whose cosignatures the note holds. */
    cosigners: smallint().notNull(),
    /** C2SP signed note with all its signature lines. */
    note: text().notNull(),
    storedAt: timestamp('stored_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.size, table.cosigners] }),
    check('cosigned_checkpoints_cosigners', sql`${table.cosigners} > 0`),
  ],
)

/** The lease of the replica that requests cosignatures, in one row. No other replica requests any before `expiresAt`. */
export const witnessLease = pgTable(
  'witness_lease',
  {
    only: boolean().primaryKey().default(true),
    holder: uuid().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [check('witness_lease_only', sql`${table.only}`)],
)
