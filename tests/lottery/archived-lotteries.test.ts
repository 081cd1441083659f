import { describe } from 'vitest'
import { archivedLotteriesContract } from '../contracts/archived-lotteries.contract.ts'
import { openMemoryArchiving } from '../contracts/archiving-world.ts'

describe('in memory', () => {
  archivedLotteriesContract(openMemoryArchiving)
})
