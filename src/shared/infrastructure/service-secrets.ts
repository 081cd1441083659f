import type { Pool } from 'pg'
import { postgresOf } from './postgres.ts'
import { serviceSecrets } from './schema.ts'

/** Keys of keyed hashes that stay the same as long as the database exists. */
export interface ServiceSecrets {
  /** Key of the ballot ids that follow from idempotency keys. */
  readonly ballotIds: Uint8Array
  /** Key of the names of callers in events. */
  readonly pseudonyms: Uint8Array
}

/** @throws Error when the database lacks one */
export async function readServiceSecrets(pool: Pool): Promise<ServiceSecrets> {
  const rows = await postgresOf(pool).db.select().from(serviceSecrets)
  const secretOf = (name: string) => {
    const row = rows.find((one) => one.name === name)
    if (!row) throw new Error(`the database has no secret ${name}: restore the table service_secrets from a backup`)
    return row.secret
  }
  return { ballotIds: secretOf('ballot ids'), pseudonyms: secretOf('pseudonyms') }
}
