import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { composeAuditLog } from '../../../src/audit-log/compose.ts'
import { drizzleAuditLogStorage } from '../../../src/audit-log/infrastructure/drizzle-storage.ts'
import { HttpWitness } from '../../../src/audit-log/infrastructure/http-witness.ts'
import { WitnessKey } from '../../../src/ledger/infrastructure/witness-key.ts'
import { postgresOf } from '../../../src/shared/infrastructure/postgres.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { goPeer } from '../../support/go-peer.ts'
import { SIGNER } from '../../support/ledger.ts'
import { Litewitness } from '../../support/litewitness.ts'
import { query } from '../../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

const BUILD_WITHIN_MS = 300_000
const LOG = { origin: `${SIGNER.name}/audit`, verifierKey: SIGNER.verifierKey }

let binary: Awaited<ReturnType<typeof goPeer>>
beforeAll(async () => {
  binary = await goPeer('litewitness')
  if ('missing' in binary) console.log(`The tests with a real witness are skipped: ${binary.missing}`)
}, BUILD_WITHIN_MS)

describe('a real witness, litewitness', () => {
  let folder: string
  let database: TestDatabase
  let witness: Litewitness
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())
  beforeEach(async ({ skip }) => {
    if ('missing' in binary) return skip(binary.missing)
    folder = await mkdtemp(join(tmpdir(), 'litewitness-'))
    witness = await Litewitness.start(binary.path, folder, LOG)
    await emptyDatabase()
  })
  afterEach(async () => {
    if ('missing' in binary) return
    await witness[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Empties the database as a restored backup would. The triggers that refuse it are off for this connection. */
  function emptyDatabase(): Promise<unknown> {
    const tables = 'outbox, audit_log, audit_head, audit_subtrees, cosigned_checkpoints, witness_lease'
    return query(database.url, `set session_replication_role = replica; truncate ${tables}`)
  }

  /** A replica of the service. Leaving the scope of `await using` stops it. */
  function openReplica() {
    const pool = createPool({ url: database.url, max: 2 })
    const storage = drizzleAuditLogStorage(postgresOf(pool))
    const results: unknown[] = []
    const auditLog = composeAuditLog(storage, {
      signer: SIGNER,
      witnesses: [new HttpWitness({ verifierKey: witness.verifierKey, url: witness.url }, 1_000)],
      metrics: new Registry(),
      log: pino({ base: null }, { write: (line: string) => void results.push(JSON.parse(line)) }),
    })
    const { cosigning, refuseRollback, readAuditLog } = auditLog
    cosigning?.start()
    let stopped: Promise<void> | undefined
    const stop = async () => {
      await cosigning?.stop()
      await pool.end()
    }
    return {
      results,
      refuseRollback,
      readAuditLog,
      grow: async (count: number) => {
        await query(
          database.url,
          `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
           select 'user/' || gen_random_uuid(), 1, gen_random_uuid(), 'user.registered.v1', '{}', 'anonymous', now()
           from generate_series(1, $1)`,
          [count],
        )
        await auditLog.sequenceNow()
      },
      cosigned: async (size: number) =>
        vi.waitFor(
          async () => {
            const newest = await storage.cosigned.newest()
            if (newest?.size !== size) throw new Error(`the newest cosigned size is ${newest?.size}, not ${size}`)
            return newest.note
          },
          { timeout: 5_000, interval: 20 },
        ),
      stop: () => {
        stopped ??= stop()
        return stopped
      },
      [Symbol.asyncDispose](): Promise<void> {
        return this.stop()
      },
    }
  }

  it('cosigns a growing log, and the cosignature verifies', async () => {
    await using replica = openReplica()

    for (const [count, size] of [
      [1, 1],
      [2, 3],
      [700, 703],
    ] as const) {
      await replica.grow(count)
      const [text = '', signatures = ''] = (await replica.cosigned(size)).split(/(?<=\n)\n/)
      const [, line = ''] = signatures.trimEnd().split('\n')
      expect(text).toMatch(new RegExp(`^lottery\\.local/audit\n${size}\n`))
      expect(new WitnessKey(witness.verifierKey).timeOf(line, text)).toBeGreaterThan(Date.now() / 1000 - 60)
    }
    expect(replica.results).toEqual([])
  })

  it('cosigns again after it was killed and restarted, also for a replica that knows nothing of it', async () => {
    await using replica = openReplica()
    await replica.grow(3)
    await replica.cosigned(3)
    await witness.kill()
    await replica.grow(2)
    await vi.waitFor(() => expect(replica.results).toMatchObject([{ result: 'unreachable' }, { level: 40 }]))

    await witness.resume()
    await replica.cosigned(5)
    await replica.stop()
    await using other = openReplica()
    await other.grow(2)

    await other.cosigned(7)
  })

  it('cosigns again after it was set back to an old state', async () => {
    await using replica = openReplica()
    await replica.grow(3)
    await replica.cosigned(3)
    await witness.kill()
    const setBack = await witness.copyState()
    await witness.resume()
    await replica.grow(4)
    await replica.cosigned(7)
    await witness.kill()
    await setBack()
    await witness.resume()
    await replica.grow(2)

    await replica.cosigned(9)

    expect(replica.results).toEqual([])
  })

  it('does not count while its clock is an hour ahead of the clock of the service', async () => {
    await using replica = openReplica()
    const hourAgo = Date.now() - 3_600_000
    const clock = vi.spyOn(Date, 'now').mockReturnValue(hourAgo)
    await replica.grow(3)
    await vi.waitFor(() => expect(replica.results[0]).toMatchObject({ result: 'untimely' }))
    const present = await replica.readAuditLog.checkpoint()
    clock.mockRestore()

    await replica.cosigned(3)

    expect(present).not.toContain(witness.name)
  })

  it('keeps a service on an older database from its start', async () => {
    await using replica = openReplica()
    await replica.grow(3)
    await replica.cosigned(3)
    await emptyDatabase()

    await expect(replica.refuseRollback.execute()).rejects.toThrow(
      /has 0 entries, but the witness .* cosigned 3 entries/,
    )
    await replica.grow(1)
    await expect(replica.refuseRollback.execute()).rejects.toThrow(
      /has 1 entries, but the witness .* cosigned 3 entries/,
    )
    await replica.grow(4)
    await expect(replica.refuseRollback.execute()).rejects.toThrow(/has 5 entries, but the witness .* other entries/)
  })
})
