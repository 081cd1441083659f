import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { buildApp, EVENT_TYPES } from '../../src/app.ts'
import { asyncApi } from '../../src/events/api/asyncapi.ts'
import { jsonSchemaOf, schemaFileOf } from '../../src/events/api/event-schemas.ts'
import { compactJson } from './compact-json.ts'
import { composed } from './ledger.ts'

export const OPENAPI_FILE = new URL('../../docs/api/openapi.json', import.meta.url)
export const ASYNCAPI_FILE = new URL('../../docs/api/asyncapi.json', import.meta.url)
export const EVENT_SCHEMAS = new URL('../../docs/api/events/', import.meta.url)

export const TOPIC = 'lottery.events'

/** The text of openapi.json, from the composed service over a pool that never connects. */
export async function openApiText(): Promise<string> {
  await using app = await buildApp(composed(new pg.Pool()))
  await app.ready()
  return `${compactJson(app.swagger())}\n`
}

export function asyncApiText(): string {
  return toText(asyncApi(EVENT_TYPES, { topic: TOPIC }))
}

/** The texts of all files of {@link EVENT_SCHEMAS}, by name. */
export function eventSchemaTexts(): Record<string, string> {
  return Object.fromEntries(EVENT_TYPES.map((type) => [schemaFileOf(type), toText(jsonSchemaOf(type))]))
}

function toText(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`
}

async function writeEventSchemas(): Promise<void> {
  const texts = eventSchemaTexts()
  await mkdir(EVENT_SCHEMAS, { recursive: true })
  for (const name of await readdir(EVENT_SCHEMAS))
    if (!Object.hasOwn(texts, name)) await rm(new URL(name, EVENT_SCHEMAS))
  for (const [name, text] of Object.entries(texts)) await writeFile(new URL(name, EVENT_SCHEMAS), text)
}

if (import.meta.main) {
  await writeFile(OPENAPI_FILE, await openApiText())
  await writeFile(ASYNCAPI_FILE, asyncApiText())
  await writeEventSchemas()
}
