import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config/config.ts'
import { reasonOf } from './reason-of.ts'

/**
 * `npm run restore -- BACKUP FOLDER`: copies a backup to a new or empty data folder, starts its database once, and checks what
 * is stored in it. Exit code 0: restored, and everything agrees. 1: the restore failed, or the check found a difference. 2:
 * wrong use.
 */
const USAGE = 'usage: npm run restore -- BACKUP FOLDER'
const NEXT_STEP = `      Start the service with DATA_DIR=FOLDER. If it ran after the backup, first read "After a restore of the database"
      in docs/operations.md: entries of the audit log may be lost.`
const CHECK = fileURLToPath(new URL('check-stored.ts', import.meta.url))

const config = readConfigOrExit()
const use = readArguments()
if (use) {
  try {
    process.exitCode = (await restore(use)) ? 0 : 1
  } catch (error) {
    console.error(`FAIL  ${reasonOf(error)}`)
    process.exitCode = 1
  }
}

interface Use {
  readonly backup: string
  readonly folder: string
}

function readArguments(): Use | undefined {
  try {
    const [backup, folder, ...others] = parseArgs({ allowPositionals: true }).positionals
    if (backup === undefined || folder === undefined || others.length > 0)
      throw new Error('Name the backup, and one new or empty folder.')
    return { backup, folder }
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

async function restore({ backup, folder }: Use): Promise<boolean> {
  if (config.databaseUrl !== undefined)
    throw new Error('DATABASE_URL names a server of your own: unset it to restore the embedded one.')
  const { restoreBackup } = await import('../embedded-postgres/restored-backup.ts')
  await restoreBackup(backup, folder)
  console.log(`ok    ${folder}, restored from ${backup}`)
  const agrees = await checkStored(folder)
  if (agrees) console.log(NEXT_STEP.replace('FOLDER', () => folder))
  else console.error(`FAIL  ${folder} did not pass this check: use another backup.`)
  return agrees
}

/** Runs `npm run check:stored -- --all` on the data folder, which starts and stops its server. */
async function checkStored(folder: string): Promise<boolean> {
  const args = [`DATA_DIR=${folder}`, process.execPath, CHECK, '--all']
  const [code] = (await once(spawn('env', args, { stdio: 'inherit' }), 'exit')) as [number | null]
  return code === 0
}
