import { readConfigOrExit } from '../config.ts'
import { migrateDatabase } from '../shared/infrastructure/migrations.ts'

/** `npm run db:migrate`: applies the missing migrations to the database of DATABASE_URL, else to the embedded one. */
const { databaseUrl, dataDir } = readConfigOrExit()
try {
  if (databaseUrl === undefined) await migrateEmbedded()
  else await migrateDatabase(databaseUrl)
  console.log('The database is up to date.')
} catch (error) {
  const { message, cause } = error as Error
  console.error('The database could not be migrated:', message, cause instanceof Error ? cause.message : '')
  process.exitCode = 1
}

async function migrateEmbedded(): Promise<void> {
  const { startEmbeddedPostgres } = await import('../embedded-postgres/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres(dataDir)
  try {
    await migrateDatabase(embedded.url)
  } finally {
    await embedded.stop()
  }
}
