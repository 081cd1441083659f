import pg from 'pg'
import type { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { composed } from '../support/ledger.ts'

const WITNESS = 'witness.example/a+1a1d786f+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB'

/** All metrics of a service with every option that adds some. It has no database, so what is read from it is absent. */
export async function metricsOfWholeService(): Promise<Registry> {
  const pool = new pg.Pool({ connectionString: 'postgres://127.0.0.1:1/none' })
  const parts = composed(pool, undefined, {
    witnesses: [{ verifierKey: WITNESS, url: 'https://witness.example' }],
    outboxRetentionDays: 30,
  })
  const app = await buildApp(parts)
  onTestFinished(async () => {
    await app.close()
    await pool.end()
  })
  return parts.metrics
}
