import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * `npm run compare:api -- GIT_REF [PATH_THEN]`: compares docs/api/openapi.json with its version at a commit, without prose.
 * Prints each place that differs. Exit code 0: both describe the same contract.
 */
const FILE = 'docs/api/openapi.json'
/** Members that are prose: descriptions, and the sentences in examples of problem documents. */
const PROSE = new Set(['description', 'summary', 'detail'])

const [ref, pathThen = FILE] = process.argv.slice(2)
if (ref === undefined) {
  console.error('usage: npm run compare:api -- GIT_REF [PATH_THEN]')
  process.exitCode = 2
} else {
  const then = JSON.parse(execFileSync('git', ['show', `${ref}:${pathThen}`], { encoding: 'utf8', maxBuffer: 2 ** 26 }))
  const differences = differencesOf(then, JSON.parse(readFileSync(FILE, 'utf8')), '')
  for (const difference of differences) console.log(difference)
  console.log(`${differences.length} differences besides prose`)
  process.exitCode = differences.length === 0 ? 0 : 1
}

function differencesOf(then: unknown, now: unknown, place: string): string[] {
  if (!isObject(then) || !isObject(now)) {
    return then === now ? [] : [`${place}: ${JSON.stringify(then)} became ${JSON.stringify(now)}`]
  }
  const keys = new Set([...Object.keys(then), ...Object.keys(now)])
  return [...keys]
    .filter((key) => !(PROSE.has(key) && typeof (then[key] ?? now[key]) === 'string'))
    .flatMap((key) => differencesOf(then[key], now[key], `${place}/${key}`))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
