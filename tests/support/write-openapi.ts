import { writeFile } from 'node:fs/promises'
import pg from 'pg'
import { buildApp } from '../../src/app.ts'
import { composed } from './ledger.ts'

export const OPENAPI_FILE = new URL('../../openapi.json', import.meta.url)

/** The text of openapi.json, from the composed service over a pool that never connects. */
export async function openApiText(): Promise<string> {
  await using app = await buildApp(composed(new pg.Pool()))
  await app.ready()
  return `${JSON.stringify(app.swagger(), null, 2)}\n`
}

if (import.meta.main) await writeFile(OPENAPI_FILE, await openApiText())
