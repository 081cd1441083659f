import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { startService } from '../../tests/support/running-service.ts'
import { installTestClock } from '../../tests/support/test-clock.ts'
import { tellTheStory } from './story.ts'

/** `npm run demo`: the evening of one lottery on the real service, on a real PostgreSQL whose clock is put forward. */
const TOKEN = 'only-for-this-demo'

const startedAt = performance.now()
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => reject(new Error('It was interrupted.')))
})
interrupted.catch(() => {})
const undo: (() => Promise<unknown>)[] = []
try {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-demo-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const database = await startEmbeddedPostgres(folder)
  undo.push(() => database.stop())
  await migrateDatabase(database.url)

  const date = new Date().toISOString().slice(0, 10)
  const clock = await installTestClock(database.url)
  await clock.moveTo(`${date}T23:59:45Z`)
  const service = await startService({ DATABASE_URL: database.url, INTERNAL_CLOSE_TOKEN: TOKEN })
  undo.push(() => service.stop())

  console.log(`The service listens on ${service.url}. Its PostgreSQL believes that midnight is near.`)
  await Promise.race([interrupted, tellTheStory({ service, clock, date, token: TOKEN })])
  console.log(`\nThe end, after ${Math.round((performance.now() - startedAt) / 1_000)} s. Nothing of it is kept.`)
} catch (error) {
  console.error(`\nThe demo failed. ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  for (const step of undo.reverse()) await step()
  process.exit()
}
