import { randomBytes } from 'node:crypto'
import { composeOnPostgres } from '../composition/on-postgres.ts'
import type { Config } from '../config/config.ts'
import { Ed25519CheckpointSigner } from '../ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { createLogger } from '../shared/infrastructure/logger.ts'
import { createPool } from '../shared/infrastructure/postgres-pool.ts'
import { readServiceSecrets } from '../shared/infrastructure/service-secrets.ts'
import { ledgerSeed } from '../shared/infrastructure/signing-seed.ts'
import { openDatabase } from './open-database.ts'

const CONNECTIONS = 4

/** Calls `use` with the use cases of the archive, beside a running service or without one. @throws Error in a sentence */
export async function withArchive<T>(
  config: Config,
  use: (archive: ReturnType<typeof composeOnPostgres>['archive']) => Promise<T>,
): Promise<T> {
  if (config.archive === undefined)
    throw new Error('Set ARCHIVE_URL to file:/// and a folder, or to s3://bucket/prefix.')
  const signer = new Ed25519CheckpointSigner(config.ledgerName, await ledgerSeed(config))
  const database = await openDatabase(config)
  const pool = createPool({ url: database.url, max: CONNECTIONS })
  try {
    const secrets = await readServiceSecrets(pool)
    const tokenSeed = randomBytes(32) // no token is issued or accepted here
    const archive = { ...config.archive, isPatient: true }
    const settings = { ...config, archive, signer, tokenSeed, secrets, databaseUrl: database.url }
    const service = composeOnPostgres(pool, settings, await createLogger('warn'))
    await service.bindLedgerKey.execute(signer.verifierKey)
    return await use(service.archive)
  } finally {
    await pool.end()
    await database.stop()
  }
}
