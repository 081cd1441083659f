import { readConfig } from './config.ts'
import { migrateDatabase } from './shared/infrastructure/migrate.ts'

/** `npm run db:migrate`: brings the database of DATABASE_URL, else the embedded one, up to date and ends. */
const { databaseUrl, dataDir } = readConfig()
if (databaseUrl === undefined) {
  const { startEmbeddedPostgres } = await import('./shared/infrastructure/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres(dataDir)
  await migrateDatabase(embedded.url).finally(() => embedded.stop())
} else {
  await migrateDatabase(databaseUrl)
}
console.log('The database is up to date.')
