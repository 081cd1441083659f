import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import { pino } from 'pino'
import { Counter, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { compose } from '../../../src/composition/contexts.ts'
import { postgresStorage } from '../../../src/composition/storage.ts'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import type { BeaconChain } from '../../../src/lottery/domain/entropy.ts'
import { type Entropy, QUICKNET } from '../../../src/lottery/domain/entropy.ts'
import { registerBeaconMetrics } from '../../../src/lottery/infrastructure/beacon-metrics.ts'
import { DrandBeacon } from '../../../src/lottery/infrastructure/drand-beacon.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { postgresOf } from '../../../src/shared/infrastructure/postgres.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../../../src/shared/infrastructure/uuid.ts'
import { INTERNAL_TOKEN, OPEN_ACCESS, SECRETS, TOKEN_SEED } from '../../support/access.ts'
import { BeaconServer, makeTestChain, type RelayManner } from '../../support/beacon-server.ts'
import { accepted, aSubmit, CAUSE, date } from '../../support/builders.ts'
import { NO_WEBHOOKS } from '../../support/memory-webhooks.ts'
import { NOTHING_ARCHIVED } from '../../support/nothing-archived.ts'
import { installTestClock, query, type TestClock } from '../../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'
import { someOf } from '../../support/thorough.ts'
import { evidenceOf, verdictOn } from '../../support/verifying.ts'

const DAY = date('2024-03-10')
const NOON = '2024-03-10T12:00:00Z'
const JUST_OVER = '2024-03-11T00:00:01Z'
const TOKEN = INTERNAL_TOKEN
const BY_OPERATOR = { 'x-internal-token': TOKEN }

const testnet = makeTestChain({ period: 3, genesis: 1_700_000_000 })
const { chain } = testnet
const sign = (round: number) => testnet.sign(round)
/** The test chain, as the verifier reads it. */
const CHAIN = {
  chain: JSON.stringify({
    chain_hash: chain.chainHash,
    public_key: chain.publicKey,
    period: chain.period,
    genesis: chain.genesis,
    group_hash: chain.groupHash,
    beacon_id: chain.beaconId,
    scheme: chain.scheme,
  }),
}
/** The planned round of DAY: (2024-03-11T00:00:00Z + 60 s - genesis) / period + 1. */
const PLANNED = Math.floor((Date.parse('2024-03-11T00:01:00Z') / 1_000 - chain.genesis) / chain.period) + 1

const SIGNATURES: Readonly<Record<number, string>> = {
  1000: 'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39',
  1001: 'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41',
}

interface LotteryBody {
  readonly status: string
  readonly entropy: { readonly kind: string; readonly round?: number; readonly chain_hash?: string }
  readonly seal_hash: string | null
  readonly winner_ballot_id: string | null
}

type Parts = ReturnType<typeof compose>

let database: TestDatabase
let clock: TestClock
let pool: Pool
let relays: BeaconServer[]
let logged: string[]
let apps: FastifyInstance[]
let user: UserId

beforeEach(async () => {
  database = await createTestDatabase()
  clock = await installTestClock(database.url)
  await clock.moveTo(NOON)
  pool = createPool({ url: database.url, max: 4 })
  user = mintUuid() as UserId
  await query(
    database.url,
    `insert into users (id, email, created_at, last_seq) values ($1, 'ada@example.org', clock_timestamp(), 1)`,
    [user],
  )
  relays = []
  logged = []
  apps = []
})

afterEach(async () => {
  for (const app of apps) await app.close()
  for (const relay of relays) await relay[Symbol.asyncDispose]()
  await pool.end()
  await database.drop()
})

describe('the recorded rounds of quicknet', () => {
  let answers: Counter<'result'>
  let relay: BeaconServer

  beforeEach(async () => {
    answers = new Counter({ name: 'answers', help: 'answers', labelNames: ['result'], registers: [new Registry()] })
    relay = await BeaconServer.open(QUICKNET.chainHash, (round) => SIGNATURES[round])
    relays.push(relay)
  })

  it.each([1000, 1001])('%i verifies', async (round) => {
    const signature = await quicknet().signatureOf(chainHash(), round)

    expect(Buffer.from(signature ?? []).toString('hex')).toBe(SIGNATURES[round])
    expect(await counted()).toEqual({ verified: 1 })
  })

  it('do not verify for another round', async () => {
    relay.manner = 'other round'

    expect(await quicknet().signatureOf(chainHash(), 1000)).toBeUndefined()
    expect(await counted()).toEqual({ forged: 1 })
  })

  it('are requested only for the configured chain, and only when they are due', async () => {
    const inAnHour = Math.ceil((Date.now() / 1_000 + 3_600 - QUICKNET.genesis) / QUICKNET.period) + 1

    expect(await quicknet().signatureOf(Buffer.alloc(32, 1), 1000)).toBeUndefined()
    expect(await quicknet().signatureOf(chainHash(), inAnHour)).toBeUndefined()

    expect(relay.requested).toEqual([])
    expect(await counted()).toEqual({})
  })

  const quicknet = () =>
    new DrandBeacon(QUICKNET, [relay.url], { answered: (result) => answers.inc({ result }) }, pino({ level: 'silent' }))
  const chainHash = () => Buffer.from(QUICKNET.chainHash, 'hex')
  const counted = async () =>
    Object.fromEntries((await answers.get()).values.map(({ labels, value }) => [labels.result, value]))
})

describe('a lottery drawn with drand', () => {
  it('is sealed when it is closed, which answers 202, and drawn by the sweep after a relay has the round', async () => {
    const relay = await aRelay('absent')
    const { app, parts } = await aService()
    await submit(parts, 5)
    await clock.moveTo(JUST_OVER)

    const first = await close(app)
    const again = await close(app)
    relay.manner = 'honest'
    await parts.lottery.closingSchedule.wake()
    const drawn = await close(app)

    expect([first.status, again.status, drawn.status]).toEqual([202, 202, 200])
    expect(first.body).toMatchObject({ status: 'sealed', winner_ballot_id: null })
    expect(again.body).toEqual(first.body)
    expect(drawn.body).toMatchObject({ status: 'closed', seal_hash: first.body.seal_hash })
    expect(drawn.body.winner_ballot_id).not.toBeNull()
    expect(new Set(relay.requested)).toEqual(new Set([PLANNED]))
    expect(await metrics(parts)).toEqual({ absent: 2, verified: 1 })
  })

  it('names its chain and its round from its creation, and keeps them when it is sealed in time', async () => {
    await aRelay('absent')
    const { app, parts } = await aService()
    await submit(parts, 1)
    const open = await lottery(app)
    await clock.moveTo('2024-03-11T00:00:45Z')

    const { body } = await close(app)

    expect(open.entropy).toEqual({ kind: 'drand', chain_hash: chain.chainHash, round: PLANNED })
    expect(body.entropy).toEqual(open.entropy)
  })

  it("has evidence that verifies offline only with its own chain's hash as the pin", async () => {
    await aRelay('honest')
    const { app, parts } = await aService()
    await submit(parts, 7)
    await clock.moveTo(JUST_OVER)
    await close(app)

    const evidence = await evidenceOf(app, DAY)

    expect(evidence.entropy).toMatchObject({ kind: 'drand', round: PLANNED, signature: sign(PLANNED) })
    expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
    expect((await verdictOn(app, DAY)).verdict).toBe(1)
  })

  it('is drawn without a winner when it is empty, and its evidence verifies', async () => {
    await aRelay('honest')
    const { app, parts } = await aService()
    await parts.lottery.createLottery.execute(DAY, CAUSE)
    await clock.moveTo(JUST_OVER)

    const { status, body } = await close(app)

    expect([status, body.status, body.winner_ballot_id]).toEqual([200, 'closed', null])
    expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
  })

  it('is not drawn before its round is due, and no relay gets a request', async () => {
    const relay = await aRelay('honest')
    const later = date('2031-05-14')
    await clock.moveTo('2031-05-14T12:00:00Z')
    const { app, parts } = await aService()
    await submit(parts, 1, later)
    await clock.moveTo('2031-05-15T00:00:01Z')

    const { status, body } = await close(app, later)
    await parts.lottery.closingSchedule.wake()

    expect([status, body.status]).toEqual([202, 'sealed'])
    expect(await lottery(app, later)).toEqual(body)
    expect(relay.requested).toEqual([])
  })

  it.each(['2024-03-11T00:00:51Z', '2024-03-13T09:30:00Z'])(
    'sealed at %s takes the first round due 60 s later, which the verifier accepts',
    async (at) => {
      await aRelay('honest')
      const { app, parts } = await aService()
      await submit(parts, 3)
      await clock.moveTo(at)

      const { status } = await close(app)

      const evidence = await evidenceOf(app, DAY)
      const { round } = evidence.entropy as { round: number }
      const [{ sealed_at: sealedAt } = { sealed_at: new Date(0) }] = await query<{ sealed_at: Date }>(
        database.url,
        'select sealed_at from seals',
      )
      const due = chain.genesis + (round - 1) * chain.period
      const ahead = due - sealedAt.getTime() / 1_000
      expect(status).toBe(200)
      expect(ahead).toBeGreaterThanOrEqual(60)
      expect(ahead).toBeLessThan(60 + chain.period)
      expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
    },
  )

  it('is drawn once when ten callers and the sweep close it at once', async () => {
    await aRelay('honest')
    const { app, parts } = await aService()
    await submit(parts, 4)
    await clock.moveTo(JUST_OVER)

    const answers = await Promise.all(Array.from({ length: 10 }, () => close(app)))
    await parts.lottery.closingSchedule.wake()

    expect(new Set(answers.map(({ body }) => body.winner_ballot_id)).size).toBe(1)
    const events = await query<{ type: string }>(database.url, 'select type from outbox order by seq')
    expect(events.map(({ type }) => type)).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })
})

describe('a relay', () => {
  const MANNERS: [RelayManner, 'absent' | 'forged'][] = [
    ['forged', 'forged'],
    ['other round', 'forged'],
    ['invalid point', 'forged'],
    ['absent', 'absent'],
    ['broken', 'absent'],
    ['endless', 'absent'],
    ['huge', 'absent'],
    ['redirect', 'absent'],
    ['garbage', 'absent'],
    ['no signature', 'absent'],
    ['hanging up', 'absent'],
  ]

  it.each(someOf(MANNERS, 2))(
    'with the fault "%s" leaves the lottery sealed, counts as %s, and the next relay gets the request',
    async (manner, result) => {
      const bad = await aRelay(manner)
      const other = await aRelay('absent')
      const { app, parts } = await aService()
      await submit(parts, 2)
      await clock.moveTo(JUST_OVER)

      const sealed = await close(app)
      const counts = await metrics(parts)
      other.manner = 'honest'
      const drawn = await close(app)

      expect([sealed.status, sealed.body.status]).toEqual([202, 'sealed'])
      expect(counts).toEqual(result === 'absent' ? { absent: 2 } : { forged: 1, absent: 1 })
      expect([drawn.status, drawn.body.entropy.kind]).toEqual([200, 'drand'])
      expect(bad.requested).toEqual([PLANNED, PLANNED])
      expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
    },
  )

  it('that cannot be reached is skipped', async () => {
    const gone = await aRelay('honest')
    await aRelay('honest')
    const { app, parts } = await aService()
    await gone[Symbol.asyncDispose]()
    await submit(parts, 1)
    await clock.moveTo(JUST_OVER)

    expect((await close(app)).status).toBe(200)
    expect(await metrics(parts)).toEqual({ absent: 1, verified: 1 })
  })

  it('that stops in the middle of its answer is given up after 5 s, and the next relay gets the request', async () => {
    await aRelay('hanging')
    await aRelay('honest')
    const { app, parts } = await aService()
    await submit(parts, 1)
    await clock.moveTo(JUST_OVER)
    const startedAt = performance.now()

    const { status } = await close(app)

    const took = performance.now() - startedAt
    expect(status).toBe(200)
    expect(took).toBeGreaterThan(4_900)
    expect(took).toBeLessThan(8_000)
    expect(await metrics(parts)).toEqual({ absent: 1, verified: 1 })
  })

  it('gets requests only after every due lottery is sealed, so that no draw makes a seal late', async () => {
    const relay = await aRelay('absent')
    const { parts } = await aService()
    await submit(parts, 1)
    await submit(parts, 1, date('2024-03-11'))
    await clock.moveTo('2024-03-12T00:00:01Z')
    const sealedAtRequest: number[] = []
    relay.beforeAnswer = async () => {
      const [row] = await query<{ n: number }>(
        database.url,
        `select count(*)::int n from lotteries where status = 'sealed'`,
      )
      sealedAtRequest.push(row?.n ?? 0)
    }

    await parts.lottery.closingSchedule.wake()

    expect(sealedAtRequest).toEqual([2, 2])
  })

  it('that has no answer yet causes no log line that the lottery is closed', async () => {
    await aRelay('absent')
    const { parts } = await aService()
    await submit(parts, 1)
    await clock.moveTo(JUST_OVER)

    await parts.lottery.closingSchedule.wake()

    expect(logged.filter((line) => line.includes('lottery closed'))).toEqual([])
  })
})

describe('a lottery whose kind of entropy is no longer configured', () => {
  it('keeps commit-reveal when the configuration changes to drand', async () => {
    const relay = await aRelay('honest')
    await submit((await aService({ entropy: 'commit-reveal' })).parts, 3)
    const { app } = await aService({ entropy: 'drand' })
    await clock.moveTo(JUST_OVER)

    const { status, body } = await close(app)

    expect([status, body.entropy.kind]).toEqual([200, 'commit-reveal'])
    expect(relay.requested).toEqual([])
    expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
  })

  it('keeps drand when the configuration changes to commit-reveal, and stays sealed until a relay answers', async () => {
    const relay = await aRelay('absent')
    await submit((await aService({ entropy: 'drand' })).parts, 3)
    const { app } = await aService({ entropy: 'commit-reveal' })
    await clock.moveTo(JUST_OVER)

    const sealed = await close(app)
    const withoutRelays = await close((await aService({ entropy: 'commit-reveal', relays: [] })).app)
    relay.manner = 'honest'
    const drawn = await close(app)

    expect([sealed.status, withoutRelays.status, drawn.status]).toEqual([202, 202, 200])
    expect(drawn.body.entropy).toMatchObject({ kind: 'drand', round: PLANNED })
    expect(await verdictOn(app, DAY, CHAIN)).toEqual({ verdict: 3, failed: [] })
  })

  it('is not sealed while its chain is not configured, and is sealed and drawn when the chain is configured again', async () => {
    await aRelay('honest')
    await submit((await aService()).parts, 2)
    const other = await aService({ chain: makeTestChain({ period: 3, genesis: 1_700_000_000 }).chain })
    await clock.moveTo(JUST_OVER)

    await other.parts.lottery.closingSchedule.wake()
    const untouched = await lottery(other.app)
    const { status } = await close((await aService()).app)

    expect(untouched.status).toBe('open')
    expect(logged.filter((line) => line.includes('could not close the lottery'))).toHaveLength(1)
    expect(status).toBe(200)
  })
})

async function aRelay(manner: RelayManner): Promise<BeaconServer> {
  const relay = await BeaconServer.open(chain.chainHash, sign, manner)
  relays.push(relay)
  return relay
}

/** Starts the service as `src/composition` composes it, with the relays opened so far, in that order. */
async function aService(
  given: { entropy?: Entropy['kind']; relays?: string[]; chain?: BeaconChain } = {},
): Promise<{ app: FastifyInstance; parts: Parts }> {
  const signer = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 7))
  const log = pino({ base: null }, { write: (line: string) => void logged.push(line) })
  const metrics = new Registry()
  const urls = given.relays ?? relays.map(({ url }) => url)
  const parts = compose(postgresStorage(postgresOf(pool)), {
    access: OPEN_ACCESS,
    tokenSeed: TOKEN_SEED,
    secrets: SECRETS,
    daysAhead: 366,
    signer,
    entropy: given.entropy ?? 'drand',
    beacon: new DrandBeacon(given.chain ?? chain, urls, registerBeaconMetrics(metrics), log),
    mintSecret: () => randomBytes(32),
    clock: Date,
    metrics,
    log,
  })
  const app = await buildApp({ ...parts, archive: NOTHING_ARCHIVED, webhooks: NO_WEBHOOKS }, { maxEventLoopDelayMs: 0 })
  apps.push(app)
  app.addHook('onClose', () => parts.lottery.closingSchedule.stop())
  return { app, parts }
}

async function submit({ lottery }: Parts, count: number, day = DAY): Promise<void> {
  const commands = Array.from({ length: count }, () => aSubmit({ userId: user, date: day }))
  for (const outcome of await lottery.submitBallots.execute(commands)) accepted(outcome)
}

async function close(app: FastifyInstance, day = DAY): Promise<{ status: number; body: LotteryBody }> {
  const answer = await app.inject({ method: 'POST', url: `/lotteries/close?date=${day}`, headers: BY_OPERATOR })
  return { status: answer.statusCode, body: answer.json<LotteryBody>() }
}

async function lottery(app: FastifyInstance, day = DAY): Promise<LotteryBody> {
  return (await app.inject(`/lotteries/${day}`)).json<LotteryBody>()
}

async function metrics({ metrics }: Parts): Promise<Record<string, number>> {
  const { values = [] } = (await metrics.getSingleMetric('lottery_beacon_answers_total')?.get()) ?? {}
  return Object.fromEntries(
    values.filter(({ value }) => value > 0).map(({ labels, value }) => [labels['result'], value]),
  )
}
