import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rules, type SourceFile } from './layer-rules.ts'

const SRC = fileURLToPath(new URL('../../src/', import.meta.url))

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(SRC + path, 'utf8') }))

/** Samples for every rule: files that break it, and similar files that keep it. */
const samples: Record<string, { broken: [path: string, text: string][]; kept: [path: string, text: string][] }> = {
  'imports point inwards: api and infrastructure to application, application to domain': {
    broken: [
      ['lottery/domain/lottery.ts', "import { CloseLottery } from '../application/close-lottery.ts'"],
      ['lottery/domain/lottery.ts', "import type { Clock } from '../../shared/application/clock.ts'"],
      ['lottery/application/close-lottery.ts', "import { cryptoChance } from '../infrastructure/crypto-chance.ts'"],
      ['lottery/application/close-lottery.ts', "const late = await import('../infrastructure/rows.ts')"],
      ['lottery/application/close-lottery.ts', "export { dateSchema } from '../api/schemas.ts'"],
      ['lottery/api/lottery-routes.ts', 'import {\n  ballotOf,\n} from "../infrastructure/rows.ts"'],
      ['lottery/infrastructure/rows.ts', "import { dateSchema } from '../api/schemas.ts'"],
      ['audit-log/domain/audit-log.ts', "import '../infrastructure/rows.ts'"],
    ],
    kept: [
      ['lottery/api/lottery-routes.ts', "import type { LotteryStatus } from '../domain/lottery.ts'"],
      ['lottery/infrastructure/rows.ts', "import { LotteryQueries } from '../application/lottery-queries.ts'"],
      ['lottery/domain/lottery.ts', "// was imported from '../infrastructure/rows.ts'\nimport './ballot.ts'"],
    ],
  },
  'a context imports nothing but itself, shared and ledger; ledger imports shared; shared imports itself': {
    broken: [
      ['lottery/application/close-lottery.ts', "import { User } from '../../user/domain/user.ts'"],
      ['lottery/domain/lottery.ts', "import type { Standings } from '../../user/index.ts'"],
      ['user/domain/user.ts', "import { Ballot } from '../../lottery/domain/ballot.ts'"],
      ['shared/domain/instant.ts', "import { CalendarDate } from '../../lottery/domain/calendar-date.ts'"],
      ['lottery/infrastructure/rows.ts', "import { compose } from '../../composition/contexts.ts'"],
      ['shared/infrastructure/schema.ts', "import { packHashes } from '../../ledger/infrastructure/packed-hashes.ts'"],
      ['ledger/domain/checkpoint.ts', "import type { Lottery } from '../../lottery/domain/lottery.ts'"],
      ['audit-log/api/audit-log-routes.ts', "import { userRoutes } from '../../user/api/user-routes.ts'"],
    ],
    kept: [
      ['lottery/domain/lottery.ts', "import type { UserId } from '../../shared/domain/user-id.ts'"],
      ['lottery/domain/lottery.ts', "import type { Hash } from '../../ledger/domain/sha256.ts'"],
      ['ledger/domain/checkpoint.ts', "import type { Instant } from '../../shared/domain/instant.ts'"],
    ],
  },
  'domain and application import no package and nothing of Node, but SHA-256 in one file': {
    broken: [
      ['lottery/domain/lottery.ts', "import { randomInt } from 'node:crypto'"],
      ['lottery/domain/lottery.ts', "import { z } from 'zod'"],
      ['lottery/application/close-lottery.ts', "import { sql } from 'drizzle-orm'"],
      ['lottery/application/close-lottery.ts', "import type { Pool } from 'pg'"],
      ['lottery/application/close-lottery.ts', "import type { FastifyInstance } from 'fastify'"],
      ['user/application/ban-user.ts', "import { readFile } from 'fs/promises'"],
      ['shared/domain/instant.ts', "const { v7 } = await import('uuid')"],
      ['ledger/domain/merkle-tree.ts', "import { hash } from 'node:crypto'"],
      ['lottery/domain/sha256.ts', "import { hash } from 'node:crypto'"],
      ['ledger/domain/sha256.ts', "import { readFile } from 'node:fs/promises'"],
      ['ledger/domain/sha256.ts', "import { sha256 } from '@noble/hashes/sha2.js'"],
    ],
    kept: [
      ['lottery/api/schemas.ts', "import { z } from 'zod'"],
      ['ledger/domain/sha256.ts', "import { createHmac, hash } from 'node:crypto'"],
    ],
  },
  'the verifier imports only Node, @noble and itself; only monitor, archive and browser scripts import it': {
    broken: [
      ['verify/main.ts', "import { sealBytes } from '../lottery/domain/seal.ts'"],
      ['verify/ledger.ts', "import { leafHash } from '../ledger/domain/merkle-tree.ts'"],
      ['verify/ledger.ts', "import type { Hash } from '../ledger/domain/sha256.ts'"],
      ['verify/main.ts', "import { readConfig } from '../config/config.ts'"],
      ['verify/evidence.ts', "import { z } from 'zod'"],
      ['verify/evidence.ts', "const { readFile } = await import('fs/promises')"],
      ['lottery/infrastructure/drand-beacon.ts', "import { ascii } from '../../verify/primitives.ts'"],
      ['ledger/domain/merkle-tree.ts', "import { Tree } from '../../verify/primitives.ts'"],
      ['archive/domain/ledger-objects.ts', "import { leaf } from '../../verify/merkle.ts'"],
      ['archive/api/schemas.ts', "import { VERSION } from '../../verify/document.ts'"],
      ['pages/results-page.ts', "import { VERSION } from '../verify/document.ts'"],
      ['main.ts', "import './verify/main.ts'"],
    ],
    kept: [
      ['verify/evidence.ts', "import { bls12_381 } from '@noble/curves/bls12-381.js'"],
      ['verify/main.ts', "import { readFile } from 'node:fs/promises'\nimport { Tree } from './primitives.ts'"],
      ['verify/ledger.ts', "// as '../ledger/domain/merkle-tree.ts' does\nimport './evidence.ts'"],
      ['monitor/visit.ts', "import { leaf } from '../verify/merkle.ts'"],
      ['archive/application/verify-ledger.ts', "import { readLedger } from '../../verify/ledger.ts'"],
      ['pages/browser/verify-run.ts', "import { verify } from '../../verify/verify.ts'"],
    ],
  },
  'the monitor imports only Node, the verifier and itself, and nothing imports it': {
    broken: [
      ['monitor/visit.ts', "import { leafHash } from '../ledger/domain/merkle-tree.ts'"],
      ['monitor/visit.ts', "import { readConfig } from '../config/config.ts'"],
      ['monitor/visit.ts', "import { ed25519 } from '@noble/curves/ed25519.js'"],
      ['verify/main.ts', "import { visit } from '../monitor/visit.ts'"],
      ['main.ts', "import './monitor/main.ts'"],
    ],
    kept: [
      ['monitor/visit.ts', "import { leaf } from '../verify/merkle.ts'\nimport './rules.ts'"],
      ['monitor/main.ts', "import { readFile } from 'node:fs/promises'"],
    ],
  },
  'pages import no infrastructure and no use case that changes anything, and only app.ts imports them': {
    broken: [
      [
        'pages/pages.ts',
        "import { DrizzleLotteryQueries } from '../lottery/infrastructure/drizzle-lottery-queries.ts'",
      ],
      ['pages/check-page.ts', "import type { CloseLottery } from '../lottery/application/close-lottery.ts'"],
      ['main.ts', "import { html } from './pages/html.ts'"],
      ['lottery/api/lottery-routes.ts', "import { html } from '../../pages/html.ts'"],
    ],
    kept: [
      ['pages/home-page.ts', "import type { FindLottery } from '../lottery/application/find-lottery.ts'"],
      ['pages/pages.ts', "import { CalendarDate } from '../lottery/domain/calendar-date.ts'"],
      ['app.ts', "import { pageRoutes } from './pages/pages.ts'"],
    ],
  },
  'the embedded server imports nothing of ours': {
    broken: [['embedded-postgres/cluster.ts', "import { mintUuid } from '../shared/infrastructure/uuid.ts'"]],
    kept: [['embedded-postgres/cluster.ts', "import { isAlive } from './postmaster.ts'"]],
  },
  'only app.ts and composition see the contexts: their public faces, and composition their adapters': {
    broken: [
      ['composition/contexts.ts', "import { CloseLottery } from '../lottery/application/close-lottery.ts'"],
      ['app.ts', "import { userRoutes } from './user/api/user-routes.ts'"],
      ['main.ts', "import { CloseLottery } from './lottery/index.ts'"],
      ['jobs.ts', "import { BanUser } from './user/index.ts'"],
      ['app.ts', "import { rowOfUser } from './user/infrastructure/rows.ts'"],
      ['cli/check-stored.ts', "import { composeUser } from '../user/index.ts'"],
    ],
    kept: [
      [
        'composition/contexts.ts',
        "import { composeLottery } from '../lottery/index.ts'\nimport { composeUser } from '../user/index.ts'",
      ],
      ['composition/storage.ts', "import { drizzleStorage } from '../lottery/infrastructure/drizzle-storage.ts'"],
      ['cli/migrate.ts', "import { migrateDatabase } from '../shared/infrastructure/migrations.ts'"],
      ['main.ts', "import { createLogger } from './shared/infrastructure/logger.ts'"],
    ],
  },
  'nothing imports a public face from inside its own context': {
    broken: [['lottery/api/lottery-routes.ts', "import { CloseLottery } from '../index.ts'"]],
    kept: [
      ['app.ts', "import { lotteryRoutes } from './lottery/index.ts'"],
      ['composition/contexts.ts', "import { composeLottery } from '../lottery/index.ts'"],
    ],
  },
  'only config.ts reads the environment': {
    broken: [
      ['main.ts', 'const port = process.env.PORT'],
      ['main.ts', "const port = process.env['PORT']"],
      ['config/values.ts', "const port = process.env['PORT']"],
      ['shared/infrastructure/postgres-pool.ts', 'const { env } = process'],
      ['shared/infrastructure/postgres-pool.ts', "const port = process['env'].PORT"],
      ['shared/infrastructure/postgres-pool.ts', "import { env } from 'node:process'"],
    ],
    kept: [
      ['config/config.ts', 'readConfig(process.env)'],
      ['main.ts', '// never process.env here\nprocess.exit(1)'],
    ],
  },
  'the domain is given time, ids and chance, and takes none': {
    broken: [
      ['lottery/domain/lottery.ts', 'const at = new Date()'],
      ['lottery/domain/lottery.ts', 'const at = Date.now()'],
      ['lottery/domain/lottery.ts', 'const n = Math.random()'],
      ['user/domain/user.ts', 'const id = crypto.randomUUID()'],
      ['shared/domain/instant.ts', 'const at = performance.now()'],
    ],
    kept: [
      ['lottery/domain/calendar-date.ts', 'new Date(instant).toISOString()'],
      ['lottery/infrastructure/closing-schedule.ts', 'performance.now()'],
      ['lottery/domain/lottery.ts', '/** Never Math.random or new Date(). */'],
    ],
  },
  'depth is never over context/layer/file': {
    broken: [['lottery/domain/draw/seal.ts', '']],
    kept: [['lottery/domain/seal.ts', '']],
  },
  'a file of a context stands in a layer, or is its public face or its wiring': {
    broken: [
      ['lottery/lottery.ts', ''],
      ['lottery/services/lottery.ts', ''],
    ],
    kept: [
      ['lottery/index.ts', ''],
      ['main.ts', ''],
    ],
  },
  'names are kebab-case words of the domain': {
    broken: [
      ['lottery/domain/calendarDate.ts', ''],
      ['lottery/domain/Lottery.ts', ''],
      ['lottery/domain/calendar_date.ts', ''],
      ['lottery/domain/date-utils.ts', ''],
      ['lottery/application/helpers.ts', ''],
      ['common/domain/id.ts', ''],
      ['lottery/application/lottery-manager.ts', ''],
    ],
    kept: [['lottery/domain/calendar-date.ts', '']],
  },
  'no file is above 200 lines': {
    broken: [['lottery/domain/lottery.ts', 'x\n'.repeat(201)]],
    kept: [['lottery/domain/lottery.ts', 'x\n'.repeat(200)]],
  },
}

it('finds files in the source tree', () => {
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['main.ts', 'lottery/domain/lottery.ts']))
})

it('has samples for every rule', () => {
  expect(Object.keys(samples)).toEqual(Object.keys(rules))
})

describe.each(Object.entries(rules))('%s', (name, rule) => {
  it('holds for every file of src', () => {
    expect(files.flatMap((file) => rule(file))).toEqual([])
  })

  it.each(titled(samples[name]?.broken))('is broken by $path: $line', (file) => {
    expect(rule(file)).toHaveLength(1)
  })

  it.each(titled(samples[name]?.kept))('is kept by $path: $line', (file) => {
    expect(rule(file)).toEqual([])
  })
})

function titled(sample: [path: string, text: string][] = []) {
  return sample.map(([path, text]) => ({ path, text, line: text.replaceAll('\n', ' ').slice(0, 80) }))
}
