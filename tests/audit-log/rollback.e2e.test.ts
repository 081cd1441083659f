import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { RunningService, startService } from '../support/running-service.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { WitnessServer } from '../support/witness-server.ts'

it('a service refuses to start on an older database than its data folder or its witness knows', async () => {
  const DATA_DIR = await mkdtemp(join(tmpdir(), 'rollback-'))
  const [database, older] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await using witness = await WitnessServer.open('witness.example')
  onTestFinished(async () => {
    await Promise.all([database.drop(), older.drop(), rm(DATA_DIR, { recursive: true, force: true })])
  })
  const WITNESSES = `${witness.verifierKey}=${witness.url}`

  await using service = await startService({ DATABASE_URL: database.url, DATA_DIR, WITNESSES, WITNESS_QUORUM: '1' })
  await service.post('/users', { email: 'ada@example.org' })
  const cosigned = /^lottery\.local\/audit\n2\n.*\n\n— lottery\.local .*\n— witness\.example .*\n$/
  const checkpoint = async () => (await service.get<string>('/audit/checkpoint')).body
  await vi.waitFor(async () => expect(await checkpoint()).toMatch(cosigned), { timeout: 10_000, interval: 50 })
  await service.stop()

  await Promise.all(
    [
      { environment: { DATA_DIR }, fact: 'a checkpoint of 2 entries was signed' },
      { environment: { WITNESSES }, fact: 'the witness witness.example cosigned 2 entries' },
    ].map(async ({ environment, fact }) => {
      await using restored = new RunningService({ DATABASE_URL: older.url, ...environment })
      expect((await restored.exit).code).toBe(1)
      expect(restored.output).toContain(`The audit log of the database has 0 entries, but ${fact}.`)
    }),
  )
})
