import { parseArgs } from 'node:util'
import { composeTokenSigner } from '../composition/on-postgres.ts'
import { readConfigOrExit } from '../config/config.ts'
import { ROLES, type Role } from '../shared/domain/caller.ts'
import { signingSeed } from '../shared/infrastructure/signing-seed.ts'
import { startFailure } from '../start-failure.ts'

/**
 * `npm run --silent token -- --role ROLE [--user SUBJECT] [--minutes 15]`: prints an access token of the service's own
 * issuer, and nothing else. It needs the token signing key alone, no running service and no database.
 */
const USAGE = `usage: npm run --silent token -- --role ${ROLES.join('|')} [--user SUBJECT] [--minutes 15]`
const MAX_MINUTES = 24 * 60

const { tokenSigningKey, dataDir, authIssuer } = readConfigOrExit()
try {
  const token = readArguments()
  if (authIssuer !== undefined) console.error(`The service accepts tokens of ${authIssuer} alone, not this one.`)
  const seed = await signingSeed('token-signing-key', tokenSigningKey, dataDir)
  console.log(await composeTokenSigner(seed).issue(token, Date.now()))
} catch (error) {
  console.error(startFailure(error, { dataDir }))
  process.exitCode = 2
}

function readArguments(): { role: Role; subject: string; minutes: number } {
  const options = { role: { type: 'string' }, user: { type: 'string' }, minutes: { type: 'string' } } as const
  const given = parseArgs({ options }).values
  const { user: subject = given.role ?? '', minutes = '15' } = given
  const role = ROLES.find((one) => one === given.role)
  if (role === undefined || subject === '') throw new Error(USAGE)
  if (!/^[1-9]\d{0,3}$/.test(minutes) || Number(minutes) > MAX_MINUTES)
    throw new Error(`--minutes must be a whole number from 1 to ${MAX_MINUTES}. ${USAGE}`)
  return { role, subject, minutes: Number(minutes) }
}
