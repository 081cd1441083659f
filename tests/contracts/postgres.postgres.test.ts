import { describe } from 'vitest'
import { auditLogContract } from './audit-log.contract.ts'
import { ballotRepositoryContract } from './ballot-repository.contract.ts'
import { lotteryQueriesContract } from './lottery-queries.contract.ts'
import { lotteryRepositoryContract } from './lottery-repository.contract.ts'
import { postgresWorlds } from './postgres-world.ts'
import { submittingContract } from './submitting.contract.ts'
import { submittingAgainContract } from './submitting-again.contract.ts'
import { subscriptionsContract } from './subscriptions.contract.ts'
import { unitOfWorkContract } from './unit-of-work.contract.ts'
import { userRepositoryContract } from './user-repository.contract.ts'

describe('on PostgreSQL', () => {
  const open = postgresWorlds()

  unitOfWorkContract(open)
  lotteryRepositoryContract(open)
  ballotRepositoryContract(open)
  lotteryQueriesContract(open)
  userRepositoryContract(open)
  submittingContract(open)
  submittingAgainContract(open)
  auditLogContract(open)
  subscriptionsContract(open)
})
