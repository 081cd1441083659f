import { describe, inject } from 'vitest'
import { auditLogContract } from '../contracts/audit-log.contract.ts'
import { ballotRepositoryContract } from '../contracts/ballot-repository.contract.ts'
import { lotteryQueriesContract } from '../contracts/lottery-queries.contract.ts'
import { lotteryRepositoryContract } from '../contracts/lottery-repository.contract.ts'
import { postgresWorlds } from '../contracts/postgres-world.ts'
import { submittingContract } from '../contracts/submitting.contract.ts'
import { submittingAgainContract } from '../contracts/submitting-again.contract.ts'
import { subscriptionsContract } from '../contracts/subscriptions.contract.ts'
import { unitOfWorkContract } from '../contracts/unit-of-work.contract.ts'
import { userRepositoryContract } from '../contracts/user-repository.contract.ts'
import { createCitusDatabase, emptyCitus, WAITING_ON_CITUS } from '../support/citus.ts'

const url = inject('citus')

describe.skipIf(url === undefined)('on Citus', () => {
  const open = postgresWorlds({
    create: () => createCitusDatabase(url ?? ''),
    empty: emptyCitus,
    waiting: WAITING_ON_CITUS,
  })

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
