import { describe } from 'vitest'
import { archivedLotteriesContract } from '../contracts/archived-lotteries.contract.ts'
import { openPostgresArchiving } from '../contracts/archiving-world.ts'

describe('on PostgreSQL', () => {
  archivedLotteriesContract(openPostgresArchiving)
})
