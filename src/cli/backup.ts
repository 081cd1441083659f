import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config/config.ts'
import { openDatabase } from './open-database.ts'
import { ProgressLine } from './progress-line.ts'
import { reasonOf } from './reason-of.ts'

/**
 * `npm run backup -- FOLDER`: copies the data folder, the embedded database included, to a new or empty folder. The service
 * may run meanwhile. Exit code 0: done. 1: the backup failed. 2: wrong use.
 */
const USAGE = 'usage: npm run backup -- FOLDER'

const config = readConfigOrExit()
const progress = new ProgressLine()
const folder = readFolder()
if (folder !== undefined) {
  try {
    await backUpTo(folder)
  } catch (error) {
    progress.clear()
    console.error(`FAIL  ${reasonOf(error)}`)
    process.exitCode = 1
  }
}

function readFolder(): string | undefined {
  try {
    const [given, ...others] = parseArgs({ allowPositionals: true }).positionals
    if (given === undefined || others.length > 0) throw new Error('Name one folder, new or empty.')
    return given
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

async function backUpTo(target: string): Promise<void> {
  if (config.databaseUrl !== undefined)
    throw new Error('DATABASE_URL names a server of your own: back it up with pg_dump or pg_basebackup.')
  const { backUp } = await import('../embedded-postgres/backup.ts')
  const { url, stop } = await openDatabase(config)
  try {
    const work = { dataDir: config.dataDir, url, folder: target }
    const { bytes, kept } = await backUp(work, (done, of) => progress.show('the database', done, of))
    progress.clear()
    console.log(`ok    ${target}, ${Math.ceil(bytes / 1e6)} MB`)
    console.log('      It holds the password and the keys of the data folder: only its owner may read it.')
    if (!kept.includes('ledger-signing-key'))
      console.log('      The data folder has no ledger key: keep LEDGER_SIGNING_KEY elsewhere.')
  } finally {
    await stop()
  }
}
