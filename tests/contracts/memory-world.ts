import { setImmediate } from 'node:timers/promises'
import type { LotteryRepos } from '../../src/lottery/domain/lottery-repository.ts'
import type { Participants } from '../../src/lottery/domain/participants.ts'
import { Standings } from '../../src/user/application/standings.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { MemoryAuditLogStore } from '../support/memory-audit-log.ts'
import { MemoryDatabase, MemoryUnitOfWork } from '../support/memory-database.ts'
import { Conflict } from '../support/memory-locks.ts'
import { lotteryRepos, MemoryLotteries } from '../support/memory-lotteries.ts'
import { MemoryUsers } from '../support/memory-users.ts'
import { MemoryWebhooks } from '../support/memory-webhooks.ts'
import type { Conflicts, World } from './world.ts'

export async function openMemoryWorld(): Promise<World> {
  const clock = new ManualClock()
  const database = new MemoryDatabase(clock)
  const lotteries = new MemoryLotteries(database)
  const users = new MemoryUsers(database)
  const audit = new MemoryAuditLogStore(database)
  const webhooks = new MemoryWebhooks(database)
  const standings = new Standings(users.queries, users.unitOfWork)
  const participants: Participants = { standings: (ids) => standings.of(ids), banned: () => standings.banned() }

  return {
    lotteryWork: new MemoryUnitOfWork<LotteryRepos & Conflicts>(database, (transaction) => ({
      ...lotteryRepos(transaction, lotteries),
      conflict: () => Promise.reject(new Conflict('the test requested a conflict')),
    })),
    lotteryQueries: lotteries.queries,
    userWork: users.unitOfWork,
    userQueries: users.queries,
    participants,
    auditLogWork: audit.unitOfWork,
    auditLogQueries: audit.queries,
    auditLogCheckQueries: audit.checkQueries,
    cosigned: audit.cosigned,
    webhookWork: webhooks.unitOfWork,
    subscriptions: webhooks.subscriptions,
    addDelivery: async (id, delivery) => {
      webhooks.deliveries.rows.set(id, [...(webhooks.deliveries.rows.get(id) ?? []), delivery])
    },
    webhookSecrets: async () => [...webhooks.secrets.rows.values()].filter((secret) => secret !== null),
    clock: {
      now: async () => clock.now(),
      moveTo: async (time) => clock.moveTo(time),
      advance: async (by) => clock.advance(by),
    },
    outbox: async () =>
      database.outbox.toSorted((a, b) =>
        a.aggregate === b.aggregate ? a.seq - b.seq : a.aggregate < b.aggregate ? -1 : 1,
      ),
    failNextCommit: (how) => database.failNextCommit(how),
    loseNextConnection: () => database.loseNextConnection(),
    untilWaiting: async (count) => {
      for (let turn = 0; turn < 100; turn += 1) {
        if (database.locks.waiting >= count) return
        await setImmediate()
      }
      throw new Error(`fewer than ${count} units of work wait for a lock`)
    },
    close: async () => {},
  }
}
