import { describe } from 'vitest'
import { auditLogContract } from './audit-log.contract.ts'
import { ballotRepositoryContract } from './ballot-repository.contract.ts'
import { lotteryQueriesContract } from './lottery-queries.contract.ts'
import { lotteryRepositoryContract } from './lottery-repository.contract.ts'
import { openMemoryWorld } from './memory-world.ts'
import { submittingContract } from './submitting.contract.ts'
import { submittingAgainContract } from './submitting-again.contract.ts'
import { subscriptionsContract } from './subscriptions.contract.ts'
import { unitOfWorkContract } from './unit-of-work.contract.ts'
import { userRepositoryContract } from './user-repository.contract.ts'

describe('in memory', () => {
  unitOfWorkContract(openMemoryWorld)
  lotteryRepositoryContract(openMemoryWorld)
  ballotRepositoryContract(openMemoryWorld)
  lotteryQueriesContract(openMemoryWorld)
  userRepositoryContract(openMemoryWorld)
  submittingContract(openMemoryWorld)
  submittingAgainContract(openMemoryWorld)
  auditLogContract(openMemoryWorld)
  subscriptionsContract(openMemoryWorld)
})
