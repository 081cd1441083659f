import { describe } from 'vitest'
import { archivedLotteriesContract } from '../contracts/archived-lotteries.contract.ts'
import { openPostgresArchiving } from '../contracts/archiving-world.ts'

/** The facts in which SQL takes part. All of them are checked over the in-memory storage. */
const OF_SQL = /^(answer byte|give a repeated|have no ballots)/

describe('on PostgreSQL', () => {
  archivedLotteriesContract(openPostgresArchiving, OF_SQL)
})
