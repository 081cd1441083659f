import { copyFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ApiDocument, breakingChanges } from './api/breaking-changes.ts'

/**
 * `npm run check:api`: prints each change of docs/api/openapi.json that can break a program written for the frozen contract,
 * docs/api/openapi.v1.json. Exit code 0: there is none. `npm run freeze:api` (`--freeze`) makes the present document the
 * frozen contract; it is only run by hand.
 */
const CURRENT = new URL('../../docs/api/openapi.json', import.meta.url)
const FROZEN = new URL('../../docs/api/openapi.v1.json', import.meta.url)

if (process.argv.includes('--freeze')) {
  copyFileSync(CURRENT, FROZEN)
  console.log(`wrote ${fileURLToPath(FROZEN)}`)
} else {
  const changes = breakingChanges(read(FROZEN), read(CURRENT))
  for (const change of changes) console.log(change)
  console.log(`${changes.length} breaking changes of the contract`)
  process.exitCode = changes.length === 0 ? 0 : 1
}

function read(file: URL): ApiDocument {
  return JSON.parse(readFileSync(file, 'utf8'))
}
