import { readConfigOrExit } from '../config/config.ts'
import { distributeDatabase } from '../shared/infrastructure/distribution.ts'
import { startFailure } from '../start-failure.ts'
import { openDatabase } from './open-database.ts'

/**
 * `npm run db:distribute`: distributes the tables of DATABASE_URL, the coordinator of a Citus cluster, over its nodes. It can be
 * run again, and then does what is left.
 */
const config = readConfigOrExit()
try {
  const { url, stop } = await openDatabase(config)
  try {
    const made = await distributeDatabase(url)
    console.log(made.length === 0 ? 'All tables were distributed before.' : `Distributed: ${made.join(', ')}.`)
  } finally {
    await stop()
  }
} catch (error) {
  console.error(`The database could not be distributed: ${startFailure(error, config)}`)
  process.exitCode = 1
}
