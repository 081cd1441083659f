import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rules, type SourceFile } from './layer-rules.ts'

const SRC = fileURLToPath(new URL('../../src/', import.meta.url))

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(SRC + path, 'utf8') }))

/** For each rule, files that break it, and files that come close and do not. */
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
      ['audit/domain/entry.ts', "import '../infrastructure/rows.ts'"],
    ],
    kept: [
      ['lottery/api/lottery-routes.ts', "import type { LotteryStatus } from '../domain/lottery.ts'"],
      ['lottery/infrastructure/rows.ts', "import { LotteryQueries } from '../application/lottery-queries.ts'"],
      ['lottery/domain/lottery.ts', "// was imported from '../infrastructure/rows.ts'\nimport './ballot.ts'"],
    ],
  },
  'a context imports nothing but itself and shared; shared imports no context': {
    broken: [
      ['lottery/application/close-lottery.ts', "import { User } from '../../user/domain/user.ts'"],
      ['lottery/domain/lottery.ts', "import type { Standings } from '../../user/index.ts'"],
      ['user/domain/user.ts', "import { Ballot } from '../../lottery/domain/ballot.ts'"],
      ['shared/domain/instant.ts', "import { CalendarDate } from '../../lottery/domain/calendar-date.ts'"],
      ['lottery/infrastructure/rows.ts', "import { compose } from '../../composition.ts'"],
      ['audit/api/audit-routes.ts', "import { userRoutes } from '../../user/api/user-routes.ts'"],
    ],
    kept: [['lottery/domain/lottery.ts', "import type { UserId } from '../../shared/domain/user-id.ts'"]],
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
      ['shared/domain/merkle.ts', "import { hash } from 'node:crypto'"],
      ['lottery/domain/sha256.ts', "import { hash } from 'node:crypto'"],
      ['shared/domain/sha256.ts', "import { readFile } from 'node:fs/promises'"],
      ['shared/domain/sha256.ts', "import { sha256 } from '@noble/hashes/sha2.js'"],
    ],
    kept: [
      ['lottery/api/schemas.ts', "import { z } from 'zod'"],
      ['shared/domain/sha256.ts', "import { createHmac, hash } from 'node:crypto'"],
    ],
  },
  'the verifier imports only Node, @noble and itself, and nothing imports it': {
    broken: [
      ['verify/main.ts', "import { sealBytes } from '../lottery/domain/seal.ts'"],
      ['verify/ledger.ts', "import { leafHash } from '../shared/domain/merkle.ts'"],
      ['verify/ledger.ts', "import type { Hash } from '../shared/domain/sha256.ts'"],
      ['verify/main.ts', "import { readConfig } from '../config.ts'"],
      ['verify/evidence.ts', "import { z } from 'zod'"],
      ['verify/evidence.ts', "const { readFile } = await import('fs/promises')"],
      ['lottery/infrastructure/drand-beacon.ts', "import { ascii } from '../../verify/primitives.ts'"],
      ['shared/domain/merkle.ts', "import { Tree } from '../../verify/primitives.ts'"],
      ['main.ts', "import './verify/main.ts'"],
    ],
    kept: [
      ['verify/evidence.ts', "import { bls12_381 } from '@noble/curves/bls12-381.js'"],
      ['verify/main.ts', "import { readFile } from 'node:fs/promises'\nimport { Tree } from './primitives.ts'"],
      ['verify/ledger.ts', "// as '../shared/domain/merkle.ts' does\nimport './evidence.ts'"],
    ],
  },
  'only the compositions and app.ts see the contexts, through their public faces': {
    broken: [
      ['composition.ts', "import { CloseLottery } from './lottery/application/close-lottery.ts'"],
      ['app.ts', "import { userRoutes } from './user/api/user-routes.ts'"],
      ['main.ts', "import { CloseLottery } from './lottery/index.ts'"],
      ['jobs.ts', "import { BanUser } from './user/index.ts'"],
    ],
    kept: [
      [
        'composition.ts',
        "import { CloseLottery } from './lottery/index.ts'\nimport { BanUser } from './user/index.ts'",
      ],
      ['event-composition.ts', "import { Relay } from './events/index.ts'"],
      ['main.ts', "import { createLogger } from './shared/infrastructure/logger.ts'"],
    ],
  },
  'nothing imports a public face from inside its own context': {
    broken: [['lottery/api/lottery-routes.ts', "import { CloseLottery } from '../index.ts'"]],
    kept: [['app.ts', "import { lotteryRoutes } from './lottery/index.ts'"]],
  },
  'only config.ts reads the environment': {
    broken: [
      ['main.ts', 'const port = process.env.PORT'],
      ['main.ts', "const port = process.env['PORT']"],
      ['shared/infrastructure/postgres-pool.ts', 'const { env } = process'],
      ['shared/infrastructure/postgres-pool.ts', "const port = process['env'].PORT"],
      ['shared/infrastructure/postgres-pool.ts', "import { env } from 'node:process'"],
    ],
    kept: [
      ['config.ts', 'readConfig(process.env)'],
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
  'a file of a context stands in a layer, or is its public face': {
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

it('the source tree is found', () => {
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['main.ts', 'lottery/domain/lottery.ts']))
})

it('every rule has samples that prove it', () => {
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
