import type { Attempt } from './history.ts'
import type { Kills } from './kills.ts'
import { Pulse } from './pulse.ts'

/** Prints a line for each day and, if asked, for each disturbance, and sums up. */
export class Report {
  readonly pulse = new Pulse()
  readonly #startedAt = performance.now()
  readonly #tellsEach: boolean
  /** By kind, the pause of each disturbance in milliseconds; undefined around midnight. */
  readonly #disturbances = new Map<string, (number | undefined)[]>()
  readonly #answers = new Map<string, number>()
  #ballots = 0
  #acknowledged = 0
  #days = 0
  #longest = { ms: 0, words: 'none' }

  constructor(tellsEach: boolean) {
    this.#tellsEach = tellsEach
  }

  answered(answer: string): void {
    count(this.#answers, answer)
  }

  submitted(attempts: readonly Attempt[]): void {
    this.#ballots += attempts.length
    this.#acknowledged += attempts.filter(({ acknowledged }) => acknowledged.length > 0).length
  }

  /** `pauseMs` is the longest time without an acknowledgement; undefined around midnight, when ballots are refused. */
  disturbed(words: string, pauseMs: number | undefined): void {
    const kind = words.replace(/ for [\d.]+ s$/, '').replace(/replica \d/, 'a replica')
    const pauses = this.#disturbances.get(kind.replace(/^midnight with /, '')) ?? []
    this.#disturbances.set(kind.replace(/^midnight with /, ''), [...pauses, pauseMs])
    if (this.#tellsEach)
      this.line(pauseMs === undefined ? words : `${words}: no acknowledgement for ${seconds(pauseMs)}`)
    if (pauseMs !== undefined && pauseMs > this.#longest.ms) this.#longest = { ms: pauseMs, words }
  }

  checked(date: string, findings: readonly string[], kills: Kills): void {
    this.#days += 1
    this.line(
      findings.length === 0 ? `${date} is closed and agrees; until now ${this.#soFar(kills)}` : `${date} is WRONG`,
    )
    for (const finding of findings.slice(0, 20)) console.log(`         ${finding}`)
  }

  line(text: string): void {
    const s = Math.floor((performance.now() - this.#startedAt) / 1_000)
    console.log(`${String(Math.floor(s / 60)).padStart(4)}:${String(s % 60).padStart(2, '0')}  ${text}`)
  }

  /** `wrong` counts what must not be, from a lost ballot to evidence that does not verify. `endedByItself` counts processes of the service that ended though nobody ended them. */
  sum(wrong: number, endedByItself: number, kills: Kills): void {
    console.log(`
disturbances, and the time without an acknowledgement where it was measured
${this.#pauses()}
answers to submits
${table(this.#answers)}
${this.#days} days closed; ${this.#soFar(kills)}
longest time without an acknowledgement: ${seconds(this.#longest.ms)} (${this.#longest.words})
processes of the service that ended by themselves: ${endedByItself}
lost, changed or wrong: ${wrong}`)
  }

  #soFar({ service, database }: Kills): string {
    return `${this.#ballots} ballots sent, ${this.#acknowledged} acknowledged, ${service} kills of the service, ${database} of PostgreSQL`
  }

  #pauses(): string {
    const rows = [...this.#disturbances].toSorted(([, a], [, b]) => b.length - a.length)
    return rows.map(([kind, pauses]) => `${String(pauses.length).padStart(9)}  ${kind}${spread(pauses)}`).join('\n')
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

function table(counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].toSorted(([, a], [, b]) => b - a)
  return rows.map(([what, times]) => `${String(times).padStart(9)}  ${what}`).join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function spread(pauses: readonly (number | undefined)[]): string {
  const measured = pauses.filter((ms) => ms !== undefined).toSorted((a, b) => a - b)
  const [median, longest] = [measured[measured.length >> 1], measured.at(-1)]
  return median === undefined || longest === undefined ? '' : `: median ${seconds(median)}, longest ${seconds(longest)}`
}
