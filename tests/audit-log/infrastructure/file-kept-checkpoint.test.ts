import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { composeAuditLog } from '../../../src/audit-log/compose.ts'
import { FileKeptCheckpoint } from '../../../src/audit-log/infrastructure/file-kept-checkpoint.ts'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { CAUSED_BY_SERVICE } from '../../../src/shared/domain/cause.ts'
import { SIGNER } from '../../support/ledger.ts'
import { MemoryAuditLogStore } from '../../support/memory-audit-log.ts'
import { MemoryDatabase } from '../../support/memory-database.ts'

const log = pino({ level: 'silent' })
const KEY_ID = SIGNER.verifierKey.split('+')[1]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-checkpoint-'))
  return () => rm(folder, { recursive: true, force: true })
})

/** The audit log of a replica over a database that holds the registrations of these users. */
async function openLog(users: string, { dataDir = folder, signer = SIGNER } = {}) {
  const store = new MemoryAuditLogStore(new MemoryDatabase())
  const keptCheckpoint = new FileKeptCheckpoint(dataDir, signer, log)
  const parts = composeAuditLog(store, { signer, keptCheckpoint, metrics: new Registry(), log })
  const add = async (user: string) => {
    const about = { aggregate: `user/${user}`, seq: 1, type: 'user.registered.v1', data: {}, occurredAt: 0 }
    store.database.outbox.push({ ...about, cause: CAUSED_BY_SERVICE })
    await parts.sequenceNow()
  }
  for (const user of users) await add(user)
  const { readAuditLog, refuseRollback, proveEvents } = parts
  return { add, proveEvents, checkpoint: () => readAuditLog.checkpoint(), start: () => refuseRollback.execute() }
}

const keptFile = () => join(folder, `audit-checkpoint-lottery.local+${KEY_ID}`)
const kept = () => readFile(keptFile(), 'utf8')

describe('the newest signed checkpoint of the audit log', () => {
  it('is in the data folder before a reader gets it', async () => {
    const { add, checkpoint, start } = await openLog('ab')
    await start()

    const first = await checkpoint()
    const keptFirst = await kept()
    await add('c')
    const second = await checkpoint()

    expect([keptFirst, await kept()]).toEqual([first, second])
    expect(await readdir(folder)).toHaveLength(1)
  })

  it('is kept when many readers get it at once, and when an older one is signed again', async () => {
    const { add, checkpoint, proveEvents } = await openLog('')
    for (const user of 'abcdefgh') {
      await add(user)
      await Promise.all(Array.from({ length: 20 }, checkpoint))
    }
    const newest = await checkpoint()

    await proveEvents.prove([0], 3)

    expect(await kept()).toBe(newest)
    expect(await readdir(folder)).toHaveLength(1)
  })

  it('is not replaced by the smaller one of a replica that reads late', async () => {
    const [first, second] = [await openLog('abc'), await openLog('ab')]
    const newest = await first.checkpoint()

    await second.checkpoint()

    expect(await kept()).toBe(newest)
  })

  it('is not given out when it cannot be kept', async () => {
    const notAFolder = join(folder, 'file')
    await writeFile(notAFolder, '')
    const { checkpoint } = await openLog('a', { dataDir: notAFolder })

    await expect(checkpoint()).rejects.toThrow(/EEXIST|ENOTDIR/)
  })
})

describe('a service whose database was restored from an older backup', () => {
  it('does not start until the file is moved away on purpose', async () => {
    await (await openLog('abc')).checkpoint()
    const restored = await openLog('ab')

    await expect(restored.start()).rejects.toThrow(
      'The audit log of the database has 2 entries, but a checkpoint of 3 entries was signed. The database was probably ' +
        'restored from an older backup. The service does not start, because it would sign a second history. Restore the ' +
        `newest database. To give up the lost entries, move the file ${keptFile()} away.`,
    )
    await rename(keptFile(), join(folder, 'moved'))
    await expect(restored.start()).resolves.toBeUndefined()
  })

  it.each(['abd', 'abde', 'abdefghi'])('does not start after it went on with other events: %s', async (users) => {
    await (await openLog('abc')).checkpoint()

    await expect((await openLog(users)).start()).rejects.toThrow(/but a checkpoint of other 3 entries was signed/)
  })
})

it.each(['abc', 'abcd', 'abcdefghi'])(
  'a service starts with a database that holds what was signed: %s',
  async (users) => {
    await (await openLog('abc')).checkpoint()

    await expect((await openLog(users)).start()).resolves.toBeUndefined()
  },
)

it.each([
  ['key', new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 8))],
  ['name', new Ed25519CheckpointSigner('lottery.example', Buffer.alloc(32, 9))],
])('a log with another %s has a file of its own', async (_, signer) => {
  await (await openLog('abc')).checkpoint()
  const { checkpoint, start } = await openLog('x', { signer })

  await start()
  await checkpoint()

  expect(await readdir(folder)).toHaveLength(2)
})

it.each(['', 'garbage', 'lottery.local/audit\n03\n', 'lottery.local/2026-11-22\n3\n'])(
  'a file that holds %j stops the start',
  async (text) => {
    await writeFile(keptFile(), text)

    await expect((await openLog('a')).start()).rejects.toThrow(/holds no checkpoint of lottery.local\/audit/)
  },
)
