import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config.ts'
import { grantToService, migrateDatabase } from '../shared/infrastructure/migrations.ts'

/**
 * `npm run db:migrate [-- --grant ROLE]`: applies the missing migrations to the database of DATABASE_URL, else to the embedded
 * one. Then gives ROLE, a role of the server, the rights that the service needs.
 */
const { databaseUrl, dataDir } = readConfigOrExit()
try {
  const { grant } = parseArgs({ options: { grant: { type: 'string' } } }).values
  if (databaseUrl === undefined) await migrateEmbedded(grant)
  else await migrate(databaseUrl, grant)
  console.log('The database is up to date.')
} catch (error) {
  const { message, cause } = error as Error
  console.error('The database could not be migrated:', message, cause instanceof Error ? cause.message : '')
  process.exitCode = 1
}

async function migrate(url: string, role: string | undefined): Promise<void> {
  await migrateDatabase(url)
  if (role !== undefined) await grantToService(url, role)
}

async function migrateEmbedded(role: string | undefined): Promise<void> {
  const { startEmbeddedPostgres } = await import('../embedded-postgres/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres(dataDir)
  try {
    await migrate(embedded.url, role)
  } finally {
    await embedded.stop()
  }
}
