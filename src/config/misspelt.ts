import { VARIABLES } from './variables.ts'

const KNOWN = new Set<string>(Object.values(VARIABLES).map(({ name }) => name))
/** Variables of AWS, whose tools have many more with similar names. */
const OF_OTHERS = /^AWS_/
/** The names of these variables occur in those of other programs: HOME, LOTTERY_PORT of a Kubernetes service. */
const SHORT = /^.{1,5}$/
const PREFIX = 'LOTTERY_'

/**
 * Faults of variables that are none of the service, and whose names look like a mistake: such a setting would have no effect,
 * and the operator would not notice. A name looks like one of ours when two letters at most differ (one, for a short name),
 * or when it is ours after `LOTTERY_`.
 */
export function misspelt(given: NodeJS.ProcessEnv): string[] {
  return Object.keys(given)
    .filter((name) => !KNOWN.has(name) && !OF_OTHERS.test(name))
    .flatMap((name) => {
      const meant = [...KNOWN].find((known) => looksLike(name, known))
      return meant === undefined ? [] : [`${name}: is no setting of the service; rename it to ${meant}, or unset it`]
    })
}

function looksLike(name: string, known: string): boolean {
  if (OF_OTHERS.test(known)) return false
  const isShort = SHORT.test(known)
  if (name === PREFIX + known) return !isShort
  const limit = isShort ? 1 : 2
  return Math.abs(name.length - known.length) <= limit && distance(name, known) <= limit
}

/** Letters to insert, delete or replace until one text is the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [at, letter] of from.split('').entries()) {
    const next = [at + 1]
    for (const [index, other] of to.split('').entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
