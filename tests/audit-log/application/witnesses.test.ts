import { pino } from 'pino'
import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AuditLogSurroundings, composeAuditLog } from '../../../src/audit-log/compose.ts'
import { HttpWitness, httpWitnesses } from '../../../src/audit-log/infrastructure/http-witness.ts'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { WitnessKey } from '../../../src/ledger/infrastructure/witness-key.ts'
import { CAUSED_BY_SERVICE } from '../../../src/shared/domain/cause.ts'
import { SIGNER } from '../../support/ledger.ts'
import { MemoryAuditLogStore } from '../../support/memory-audit-log.ts'
import { MemoryDatabase } from '../../support/memory-database.ts'
import { NaiveTree, naiveLeaf, sha256 } from '../../support/rfc6962.ts'
import { type WitnessManner, WitnessServer } from '../../support/witness-server.ts'

/** Milliseconds that a test's witness may take. */
const TIMEOUT_MS = 200

interface Log {
  readonly database: MemoryDatabase
  readonly store: MemoryAuditLogStore
  readonly lines: { readonly level: number; readonly msg: string }[]
  /** The replica's audit log. */
  readonly parts: ReturnType<typeof composeAuditLog>
  readonly metrics: Registry
  /** Records events, and appends them. */
  grow(count: number): Promise<void>
  /** Does one turn of the cosigning, as the loop does. */
  cosign(): Promise<void>
}

async function witnesses(count: number): Promise<WitnessServer[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, (_, n) => WitnessServer.open(`witness.example/${n + 1}`, n + 1)),
  )
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))))
  return servers
}

function openLog(
  servers: readonly WitnessServer[],
  given: Partial<AuditLogSurroundings> = {},
  store = new MemoryAuditLogStore(new MemoryDatabase()),
): Log {
  const lines: Log['lines'] = []
  const metrics = new Registry()
  const parts = composeAuditLog(store, {
    signer: SIGNER,
    witnesses: servers.map(({ verifierKey, url }) => new HttpWitness({ verifierKey, url }, TIMEOUT_MS)),
    metrics,
    log: pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line) as Log['lines'][number]) }),
    ...given,
  })
  onTestFinished(() => parts.cosigning?.stop())
  return {
    database: store.database,
    store,
    lines,
    parts,
    metrics,
    grow: async (count) => {
      for (let n = 0; n < count; n += 1) {
        const aggregate = `user/${store.database.outbox.length}`
        const event = {
          aggregate,
          seq: 1,
          type: 'user.registered.v1',
          data: {},
          occurredAt: 0,
          cause: CAUSED_BY_SERVICE,
        }
        store.database.outbox.push(event)
      }
      while (await parts.sequenceEvents.execute());
    },
    cosign: async () => {
      const covered = (await store.cosigned.newest())?.size ?? 0
      const turns = lines.length
      parts.cosigning?.start()
      parts.cosigning?.wakeFor((await store.queries.tree()).size)
      await vi.waitFor(
        async () => {
          const size = (await store.cosigned.newest())?.size ?? 0
          if (size === covered && lines.length === turns) throw new Error('nothing happened yet')
        },
        { timeout: 3_000, interval: 5 },
      )
    },
  }
}

async function treeOf({ store }: Log): Promise<NaiveTree> {
  const entries = await store.queries.entries({ after: -1, limit: 10_000 })
  return new NaiveTree(entries.map(({ text }) => naiveLeaf(Buffer.from(text))))
}

const answers = async ({ metrics }: Log) => {
  const metric = await metrics.getSingleMetric('lottery_witness_answers_total')?.get()
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [`${labels['witness']} ${labels['result']}`, value]),
  )
}

describe('the cosignatures of witnesses', () => {
  it('are stored with the checkpoint of the present log, one line of each witness', async () => {
    const servers = await witnesses(3)
    const log = openLog(servers)
    await log.grow(5)

    await log.cosign()

    const { note, size, cosigners } = (await log.store.cosigned.newest()) ?? { note: '', size: 0, cosigners: 0 }
    const [text = '', signatures = ''] = note.split(/(?<=\n)\n/)
    const root = Buffer.from((await treeOf(log)).root(5)).toString('base64')
    expect([size, cosigners, text]).toEqual([5, 3, `lottery.local/audit\n5\n${root}\n`])
    const [own, ...lines] = signatures.trimEnd().split('\n')
    expect(`${text}\n${own}\n`).toBe(
      SIGNER.sign({ origin: 'lottery.local/audit', size: 5, root: (await treeOf(log)).root(5) }),
    )
    const times = servers.map(({ verifierKey }, n) => new WitnessKey(verifierKey).timeOf(lines[n] ?? '', text))
    for (const time of times) expect(Math.abs((time ?? 0) - Date.now() / 1000)).toBeLessThan(3)
    expect(await log.parts.readAuditLog.checkpoint()).toBe(note)
  })

  it('are requested from the size that the witness cosigned last, and the log proves that it continues it', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const log = openLog([witness])
    for (const count of [1, 2, 4, 300]) {
      await log.grow(count)
      await log.cosign()
    }

    expect(witness.oldSizes).toEqual([0, 1, 3, 7])
    expect(witness.head).toEqual({ size: 307, root: Buffer.from((await treeOf(log)).root(307)) })
  })

  it('are requested again by a replica that does not know what the witness cosigned last', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const first = openLog([witness])
    await first.grow(3)
    await first.cosign()
    await first.parts.cosigning?.stop()
    const second = openLog([witness], {}, first.store)
    await second.grow(2)

    await second.cosign()

    expect(witness.oldSizes).toEqual([0, 0, 3])
    expect(await answers(second)).toEqual({ 'witness.example/1 cosigned': 1 })
  })

  it('are given by a witness that was set back to an older state', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const log = openLog([witness])
    await log.grow(3)
    await log.cosign()
    const old = witness.head
    await log.grow(3)
    await log.cosign()
    witness.head = old
    await log.grow(3)

    await log.cosign()

    expect(witness.oldSizes).toEqual([0, 3, 6, 3])
    expect((await log.store.cosigned.newest())?.size).toBe(9)
  })

  it.each([
    ['forged', 'invalid'],
    ['empty', 'invalid'],
    ['refusing', 'refused'],
    ['hanging', 'unreachable'],
    ['hanging up', 'unreachable'],
    ['endless', 'unreachable'],
    ['redirect', 'unreachable'],
  ] as const)('are missing from a witness that is %s, and those of the others count', async (manner, result) => {
    const servers = await witnesses(3)
    const [bad] = servers as [WitnessServer]
    bad.manner = manner
    const log = openLog(servers, { witnessQuorum: 2 })
    await log.grow(3)

    await log.cosign()
    await vi.waitFor(() => expect(log.lines).toMatchObject([{ witness: bad.name, result }]))

    expect(await log.store.cosigned.newest()).toMatchObject({ size: 3, cosigners: 2 })
    expect((await log.store.cosigned.newest())?.note).not.toContain(bad.name)
    expect(await answers(log)).toMatchObject({ [`${bad.name} ${result}`]: 1 })
    expect(log.lines).toMatchObject([{ level: 40, msg: 'witness does not cosign the audit log' }])
  })

  it.each([3_600, 60, -60])('do not count when the clock of the witness is %i s ahead', async (aheadBy) => {
    const servers = await witnesses(2)
    const [bad] = servers as [WitnessServer]
    bad.aheadBy = aheadBy
    const log = openLog(servers)
    await log.grow(3)

    await log.cosign()

    expect(await answers(log)).toEqual({ [`${bad.name} untimely`]: 1, [`${servers[1]?.name} cosigned`]: 1 })
    expect((await log.store.cosigned.newest())?.note).not.toContain(bad.name)
  })

  it('are reported missing while too few witnesses cosign, and then again when they do', async () => {
    const servers = await witnesses(3)
    const [first, second] = servers as [WitnessServer, WitnessServer]
    for (const server of [first, second]) server.manner = 'refusing'
    const log = openLog(servers, { witnessQuorum: 2 })
    await log.grow(3)
    await log.cosign()
    await vi.waitFor(() =>
      expect(log.lines.map(({ msg }) => msg)).toContain('cosigning of the audit log failed and will retry'),
    )
    const stored = await log.store.cosigned.newest()
    const fixed = await log.parts.proveEvents.isFixed(0)
    const failure = log.lines.at(-1)
    for (const server of servers) server.manner = 'honest'

    await vi.waitFor(() => expect(log.lines.at(-1)?.msg).toBe('cosigning of the audit log works again'), 3_000)

    expect([stored, fixed]).toEqual([undefined, false])
    expect(failure).toMatchObject({
      err: {
        message:
          '1 of 2 required witnesses cosigned the audit log of size 3: ' +
          'witness.example/1 refused, witness.example/2 refused, witness.example/3 cosigned',
      },
    })
    expect(await log.store.cosigned.newest()).toMatchObject({ size: 3, cosigners: 3 })
    expect(await log.parts.proveEvents.isFixed(0)).toBe(true)
    expect(servers[2]?.oldSizes).toEqual([0]) // it was not requested to cosign the same size again
  })

  it('never delay the appending of events', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const gate = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    witness.beforeAnswer = () => {
      arrived.resolve()
      return gate.promise
    }
    const log = openLog([witness])
    await log.grow(1)
    log.parts.cosigning?.start()
    await arrived.promise

    await log.grow(2)

    expect((await log.store.queries.tree()).size).toBe(3)
    gate.resolve()
  })

  it('are counted, and the entries without them too', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const log = openLog([witness])
    const read = async () =>
      Object.fromEntries(
        (await log.metrics.metrics())
          .split('\n')
          .filter((line) => /^lottery_(audit_log_not_cosigned|audit_log_cosigned_timestamp)/.test(line))
          .map((line) => line.split(' ') as [string, string]),
      )
    await log.grow(3)
    const before = await read()

    await log.cosign()

    expect(before).toEqual({ lottery_audit_log_not_cosigned: '3', lottery_audit_log_cosigned_timestamp_seconds: '0' })
    expect(await read()).toEqual({
      lottery_audit_log_not_cosigned: '0',
      lottery_audit_log_cosigned_timestamp_seconds: String(log.database.clock.now() / 1000),
    })
  })
})

describe('a witness that knows another log', () => {
  const manners: [string, WitnessServer['head'], string][] = [
    ['names a larger size', { size: 9, root: sha256() }, 'ahead'],
    ['knows another root of an earlier size', { size: 2, root: sha256() }, 'forked'],
    ['knows another root of this size', { size: 3, root: sha256() }, 'forked'],
  ]

  it.each(manners)('is reported when it %s', async (_, head, result) => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const log = openLog([witness])
    await log.grow(3)
    witness.head = head

    await log.cosign()

    expect(log.lines[0]).toMatchObject({
      level: 50,
      witness: witness.name,
      result,
      msg: 'witness knows another audit log',
    })
    expect(await log.store.cosigned.newest()).toBeUndefined()
  })

  it.each(manners)('keeps the service from its start when it %s', async (_, head, result) => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    const log = openLog([witness])
    await log.grow(3)
    witness.head = head

    const fact = result === 'ahead' ? 'cosigned 9 entries' : 'cosigned other entries'
    await expect(log.parts.refuseRollback.execute()).rejects.toThrow(
      `has 3 entries, but the witness witness.example/1 ${fact}. The database was probably restored from an older backup.`,
    )
  })

  it('keeps a service with an empty database from its start', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]
    witness.head = { size: 9, root: sha256() }

    await expect(openLog([witness]).parts.refuseRollback.execute()).rejects.toThrow(
      /has 0 entries, .* cosigned 9 entries/,
    )
  })

  it.each(['hanging', 'refusing', 'hanging up', 'forged'] as const satisfies WitnessManner[])(
    'is not assumed of a witness that is %s',
    async (manner) => {
      const [witness] = (await witnesses(1)) as [WitnessServer]
      witness.manner = manner
      const log = openLog([witness])
      await log.grow(3)

      await expect(log.parts.refuseRollback.execute()).resolves.toBeUndefined()
    },
  )
})

describe('an event in the audit log', () => {
  it('is witnessed by the earliest cosigned checkpoint that covers it, with its proof', async () => {
    const servers = await witnesses(2)
    const log = openLog(servers, { witnessQuorum: 2 })
    await log.grow(3)
    await log.cosign()
    await log.grow(4)
    await log.cosign()
    const tree = await treeOf(log)

    for (const [index, size] of [
      [0, 3],
      [2, 3],
      [3, 7],
      [6, 7],
    ] as const) {
      const witnessed = await log.parts.proveEvents.witnessed(index)
      expect(witnessed?.checkpoint.split('\n')[1]).toBe(`${size}`)
      expect(witnessed?.proof).toEqual(tree.path(index, size))
      expect(await log.parts.proveEvents.isFixed(index)).toBe(true)
    }
    expect(await log.parts.proveEvents.witnessed(7)).toBeNull()
    expect(await log.parts.proveEvents.isFixed(7)).toBe(false)
  })

  it('is fixed at once where no quorum is required, with witnesses or without', async () => {
    const [witness] = (await witnesses(1)) as [WitnessServer]

    for (const servers of [[], [witness]]) {
      const log = openLog(servers)
      await log.grow(1)
      expect(await log.parts.proveEvents.isFixed(0)).toBe(true)
      expect(await log.parts.proveEvents.witnessed(0)).toBeNull()
      expect(log.parts.proveEvents.hasWitnesses).toBe(servers.length > 0)
    }
  })

  it('is located by its aggregate, and proved in a checkpoint of any size that covers it', async () => {
    const log = openLog([])
    await log.grow(700)
    const { proveEvents } = log.parts
    const tree = await treeOf(log)

    const located = await proveEvents.locate('user/2')
    const { checkpoint, proofs } = await proveEvents.prove([2, 0, 255], 300)

    expect(located).toMatchObject([{ index: 2, event: { aggregate: 'user/2', seq: 1, type: 'user.registered.v1' } }])
    expect(await proveEvents.locate('user/none')).toEqual([])
    expect(proofs).toEqual([2, 0, 255].map((index) => tree.path(index, 300)))
    expect(checkpoint).toBe(SIGNER.sign({ origin: 'lottery.local/audit', size: 300, root: tree.root(300) }))
    expect(await proveEvents.prove([2, 0, 255], 300)).toEqual({ checkpoint, proofs })
    await expect(proveEvents.prove([2, 300], 300)).rejects.toThrow(/must be from 301 to 700/)
    await expect(proveEvents.prove([2], 701)).rejects.toThrow(/must be from 3 to 700/)
  })

  it('is in the log after sequenceNow', async () => {
    const log = openLog([])
    await log.grow(0)
    const event = {
      aggregate: 'user/a',
      seq: 1,
      type: 'user.registered.v1',
      data: {},
      occurredAt: 0,
      cause: CAUSED_BY_SERVICE,
    }
    log.database.outbox.push(event)

    await log.parts.sequenceNow()

    expect(await log.parts.proveEvents.locate('user/a')).toHaveLength(1)
  })
})

it('a witness must not have the key of the log', () => {
  const log = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 1))
  const typedKey = Buffer.from(log.verifierKey.split('+').slice(2).join('+'), 'base64')
  typedKey[0] = 4
  const keyId = sha256(Buffer.from('witness.example\n'), typedKey).subarray(0, 4).toString('hex')
  const address = { verifierKey: `witness.example+${keyId}+${typedKey.toString('base64')}`, url: 'http://127.0.0.1:1' }

  expect(() => httpWitnesses([address], log)).toThrow('WITNESSES: a witness must not have the key of the log')
  expect(httpWitnesses([address], SIGNER).map(({ name }) => name)).toEqual(['witness.example'])
})
