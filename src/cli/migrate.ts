import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config/config.ts'
import { grantToService, migrateDatabase } from '../shared/infrastructure/migrations.ts'
import { startFailure } from '../start-failure.ts'
import { openDatabase } from './open-database.ts'

/**
 * `npm run db:migrate [-- --grant ROLE]`: applies the missing migrations to the database of DATABASE_URL, else to the embedded
 * one, also beside a running service. Then gives ROLE, a role of the server, the rights that the service needs.
 */
const config = readConfigOrExit()
try {
  const { grant } = parseArgs({ options: { grant: { type: 'string' } } }).values
  const { url, stop } = await openDatabase(config)
  try {
    await migrateDatabase(url)
    if (grant !== undefined) await grantToService(url, grant)
  } finally {
    await stop()
  }
  console.log('The database is up to date.')
} catch (error) {
  console.error(`The database could not be migrated: ${startFailure(error, config)}`)
  process.exitCode = 1
}
