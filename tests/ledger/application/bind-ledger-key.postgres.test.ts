import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BindLedgerKey } from '../../../src/ledger/application/bind-ledger-key.ts'
import { drizzleLedgerKeyWork } from '../../../src/ledger/infrastructure/drizzle-ledger-key-repository.ts'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { SIGNER } from '../../support/ledger.ts'
import { PostgresService, type Replica, tally } from '../../support/postgres-service.ts'

const KEY = SIGNER.verifierKey
const OTHER_KEY = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 8)).verifierKey
const OTHER_NAME = new Ed25519CheckpointSigner('lottery.example', Buffer.alloc(32, 9)).verifierKey

let service: PostgresService
let replica: Replica

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  replica = await service.replica(2)
})

afterEach(() => service.stop())

describe('binding the database to a ledger key', () => {
  it('stores the first key with one event, and accepts the same key at every later start', async () => {
    await bindKey(replica, KEY)
    await bindKey(replica, KEY)

    expect(await service.query('select verifier_key from ledger_key')).toEqual([{ verifier_key: KEY }])
    const [, name, keyId] = /^(.*)[+](.*)[+]/.exec(KEY) ?? []
    const event = { aggregate: `ledger-key/${name}+${keyId}`, seq: '1', type: 'ledger.key_used.v1', actor: 'service' }
    expect(await service.query(`select * from outbox where aggregate like 'ledger-key/%'`)).toMatchObject([
      { ...event, request_id: null, data: { verifier_key: KEY } },
    ])
  })

  it.each([
    ['key', OTHER_KEY],
    ['name', OTHER_NAME],
  ])('refuses another %s', async (_, key) => {
    await bindKey(replica, KEY)

    const refused = bindKey(replica, key)

    await expect(refused).rejects.toThrow(`are signed by ${KEY}, not by ${key}. Set LEDGER_NAME and LEDGER_SIGNING_KEY`)
    expect(await service.query('select verifier_key from ledger_key')).toEqual([{ verifier_key: KEY }])
  })

  it('accepts exactly one of two replicas that start at once with different keys', async () => {
    const second = await service.replica(2)
    const starts = await Promise.allSettled([bindKey(replica, KEY), bindKey(second, OTHER_KEY)])

    expect(tally(starts.map(({ status }) => status))).toEqual({ fulfilled: 1, rejected: 1 })
    expect(await service.query(`select seq from outbox where aggregate like 'ledger-key/%'`)).toHaveLength(1)
  })
})

async function bindKey({ pool }: Replica, verifierKey: string): Promise<void> {
  await new BindLedgerKey(drizzleLedgerKeyWork(pool)).execute(verifierKey)
}
