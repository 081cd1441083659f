import { auditLogContract } from './audit-log.contract.ts'
import { ballotRepositoryContract } from './ballot-repository.contract.ts'
import { lotteryQueriesContract } from './lottery-queries.contract.ts'
import { lotteryRepositoryContract } from './lottery-repository.contract.ts'
import { submittingContract } from './submitting.contract.ts'
import { submittingAgainContract } from './submitting-again.contract.ts'
import { subscriptionsContract } from './subscriptions.contract.ts'
import { unitOfWorkContract } from './unit-of-work.contract.ts'
import { userRepositoryContract } from './user-repository.contract.ts'
import type { OpenWorld } from './world.ts'

/** All that a store has to do for the use cases. */
export function storeContract(open: OpenWorld): void {
  unitOfWorkContract(open)
  lotteryRepositoryContract(open)
  ballotRepositoryContract(open)
  lotteryQueriesContract(open)
  userRepositoryContract(open)
  submittingContract(open)
  submittingAgainContract(open)
  auditLogContract(open)
  subscriptionsContract(open)
}
