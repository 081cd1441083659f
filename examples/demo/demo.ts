import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TokenSigner } from '../../src/access/infrastructure/token-signer.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { startService } from '../../tests/support/running-service.ts'
import { installTestClock } from '../../tests/support/test-clock.ts'
import { playStory } from './story.ts'
import { playThreeDays } from './three-days.ts'

/**
 * Command `npm run demo`. Plays the last seconds of a lottery's day on the real service and a real PostgreSQL, whose
 * clock is moved to shortly before midnight. With `-- --keep`, it plays three days instead, and leaves the service running
 * on port 8000 or `PORT`, with pages to look at.
 */

const TOKEN = 'only-for-this-demo'
const isKept = process.argv.includes('--keep')
const { PORT = '8000' } = process.env

const startedAt = performance.now()
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => reject(new Error(`interrupted by ${signal}`)))
})
interrupted.catch(() => {})
const cleanups: (() => Promise<unknown>)[] = []
try {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-demo-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const database = await startEmbeddedPostgres(folder)
  cleanups.push(() => database.stop())
  await migrateDatabase(database.url)

  const date = new Date().toISOString().slice(0, 10)
  const clock = await installTestClock(database.url)
  if (!isKept) await clock.moveTo(`${date}T23:59:45Z`)
  const tokenKey = randomBytes(32)
  const service = await startService({
    DATABASE_URL: database.url,
    INTERNAL_CLOSE_TOKEN: TOKEN,
    TOKEN_SIGNING_KEY: tokenKey.toString('base64'),
    ...(isKept && { PORT }),
  })
  cleanups.push(() => service.stop())

  const signer = new TokenSigner(tokenKey)
  const minutes = isKept ? 60 : 15
  const operatorToken = await signer.issue({ subject: 'olivia', role: 'operator', minutes }, Date.now())
  if (isKept) {
    const auditorToken = await signer.issue({ subject: 'otto', role: 'auditor', minutes }, Date.now())
    await Promise.race([interrupted, playThreeDays({ service, clock, operatorToken, auditorToken })])
    await interrupted.catch(() => {})
  } else {
    console.log(`The service listens on ${service.url}. The clock of its PostgreSQL was moved to 23:59:45.`)
    await Promise.race([interrupted, playStory({ service, clock, date, token: TOKEN, operatorToken })])
  }
  console.log(`\nThe demo took ${Math.round((performance.now() - startedAt) / 1_000)} s. Its data is deleted.`)
} catch (error) {
  console.error(`\ndemo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup()
  process.exit()
}
