import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { AccessSettings } from '../../src/access/compose.ts'
import { compose } from '../../src/composition/contexts.ts'
import type { Beacon } from '../../src/lottery/domain/beacon.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { commitmentTo, type Entropy, QUICKNET } from '../../src/lottery/domain/entropy.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { composeSubscriptions } from '../../src/webhooks/index.ts'
import { OPEN_ACCESS, SECRETS, TOKEN_SEED } from './access.ts'
import { CAUSE, SECRET } from './builders.ts'
import { SIGNER, secretDrawing } from './ledger.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryAuditLogStore } from './memory-audit-log.ts'
import { MemoryDatabase } from './memory-database.ts'
import { MemoryLotteries } from './memory-lotteries.ts'
import { MemoryUsers } from './memory-users.ts'
import { MemoryWebhooks } from './memory-webhooks.ts'
import { NOTHING_ARCHIVED } from './nothing-archived.ts'

export interface MemoryParts extends ReturnType<typeof compose> {
  readonly archive: typeof NOTHING_ARCHIVED
  readonly webhooks: ReturnType<typeof composeSubscriptions>
  /** The service's clock, which is also the database's clock. */
  readonly clock: ManualClock
  readonly database: MemoryDatabase
  readonly stores: {
    readonly lotteries: MemoryLotteries
    readonly users: MemoryUsers
    readonly auditLog: MemoryAuditLogStore
    readonly webhooks: MemoryWebhooks
  }
  readonly outbox: readonly DomainEvent[]
  /** Registers a user. The default e-mail address is random. */
  register(person?: { email?: string; name?: string | null }): Promise<UserId>
  /**
   * Replaces an open lottery's secret and commitment, so that this ordinal wins if no ballot and no ban follows, and the
   * lottery is sealed now, or at the end of its day where that is still to come.
   */
  letWin(date: CalendarDate, ordinal: number): Promise<void>
}

export interface MemorySettings {
  readonly at?: string | Instant
  /** The secret of every lottery. */
  readonly secret?: Uint8Array
  readonly entropy?: Entropy['kind']
  /** Open access, with the tests' internal token and own issuer, unless given. */
  readonly access?: Partial<AccessSettings>
  readonly daysAhead?: number
  /** Source of the beacon's signatures. By default, there are none. */
  readonly signatureOf?: Beacon['signatureOf']
}

/** The service as `src/composition` constructs it, over the in-memory storage: `buildApp(memoryParts())`. */
export function memoryParts(given: MemorySettings = {}): MemoryParts {
  const { secret = SECRET, entropy = 'commit-reveal', signatureOf = async () => undefined } = given
  const clock = new ManualClock(given.at)
  const database = new MemoryDatabase(clock)
  const users = new MemoryUsers(database)
  const lotteries = new MemoryLotteries(database)
  const auditLog = new MemoryAuditLogStore(database)
  const webhooks = new MemoryWebhooks(database)
  const parts = compose(
    { user: users, lottery: lotteries, auditLog },
    {
      access: { ...OPEN_ACCESS, ...given.access },
      tokenSeed: TOKEN_SEED,
      secrets: SECRETS,
      daysAhead: given.daysAhead ?? 366,
      signer: SIGNER,
      entropy,
      beacon: { chain: QUICKNET, signatureOf },
      mintSecret: () => secret,
      clock,
      metrics: new Registry(),
      log: pino({ level: 'silent' }),
    },
  )

  return {
    ...parts,
    archive: NOTHING_ARCHIVED,
    webhooks: composeSubscriptions(webhooks, parts),
    clock,
    database,
    stores: { lotteries, users, auditLog, webhooks },
    outbox: database.outbox,
    register: async ({ email = `${mintUuid()}@example.org`, name = null } = {}) =>
      (await parts.user.registerUser.execute({ email, name }, CAUSE)).user.id,
    letWin: async (date, ordinal) => {
      const { bans } = await parts.user.standings.banned()
      await lotteries.unitOfWork.run(async (repos) => {
        const lottery = (await repos.lotteries.lock([date])).byDate.get(date)?.state
        if (!lottery) throw new Error(`there is no lottery of ${date}`)
        const exclusions = (await Array.fromAsync(repos.ballots.ofBanned(date, bans))).flat()
        const { hash: previous } = await repos.lotteries.lastSeal()
        const at = Math.max(clock.now(), CalendarDate.endOf(date))
        const drawing = secretDrawing(ordinal, lottery, { exclusions, previous, at })
        lotteries.secrets.rows.set(date, drawing)
        const entropy = { kind: 'commit-reveal', commitment: commitmentTo(drawing) } as const
        lotteries.lotteries.rows.set(date, { ...lottery, entropy })
      })
    },
  }
}
