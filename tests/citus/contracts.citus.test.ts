import { describe, inject } from 'vitest'
import { postgresWorlds } from '../contracts/postgres-world.ts'
import { storeContract } from '../contracts/store.contract.ts'
import { createCitusDatabase, emptyCitus, WAITING_ON_CITUS } from '../support/citus.ts'

const url = inject('citus')

describe.skipIf(url === undefined)('on Citus', () => {
  const open = postgresWorlds({
    create: () => createCitusDatabase(url ?? ''),
    empty: emptyCitus,
    waiting: WAITING_ON_CITUS,
  })

  storeContract(open)
})
