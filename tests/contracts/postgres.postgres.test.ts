import { describe } from 'vitest'
import { postgresWorlds } from './postgres-world.ts'
import { storeContract } from './store.contract.ts'

describe('on PostgreSQL', () => {
  storeContract(postgresWorlds())
})
