import { describe } from 'vitest'
import { openMemoryWorld } from './memory-world.ts'
import { storeContract } from './store.contract.ts'

describe('in memory', () => {
  storeContract(openMemoryWorld)
})
