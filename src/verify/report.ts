/** What the verifier says. The command line and the browser print the same report. */

export interface Check {
  readonly ok: boolean
  /** The fact that was checked, as a sentence. */
  readonly what: string
  /** Why the fact does not hold, where more can be said. */
  readonly because?: string
}

/** Two signed notes of one origin whose trees do not agree. Together they prove that a promise was broken. */
export interface Conflict {
  readonly origin: string
  readonly notes: readonly [string, string]
}

export interface Report {
  /** Exit code: 0 verified, 1 NOT verified, 3 re-computes. */
  readonly verdict: 0 | 1 | 3
  readonly headline: string
  readonly checks: readonly Check[]
  /** What is missing for verdict 0, with verdict 3. */
  readonly missing: readonly string[]
  readonly summary: readonly string[]
  readonly conflicts: readonly Conflict[]
}

/** Collects what is found on the way to a report. */
export class Findings {
  readonly checks: Check[] = []
  readonly missing: string[] = []
  readonly summary: string[] = []
  readonly conflicts: Conflict[] = []

  /** Notes a checked fact, and returns whether it holds. */
  check(ok: boolean, what: string, because?: string): boolean {
    this.checks.push(ok || because === undefined ? { ok, what } : { ok, what, because })
    return ok
  }

  /** Compares two signed checkpoints of one origin. `areInOneTree` is false when their trees cannot be one that grew. */
  compare(one: { origin: string; note: string }, other: { note: string }, areInOneTree: boolean, what: string): void {
    if (!areInOneTree) this.conflicts.push({ origin: one.origin, notes: [one.note, other.note] })
    this.check(areInOneTree, what, `two signed notes of ${one.origin} disagree`)
  }

  get hasFailed(): boolean {
    return this.checks.some(({ ok }) => !ok)
  }
}

/** Lines of a report in plain text. */
export function linesOfReport(report: Report): string[] {
  const { checks, summary, missing, headline } = report
  return [
    ...checks.map(
      ({ ok, what, because }) => `${ok ? 'ok    ' : 'FAILED'}  ${what}${because ? ` But ${because}.` : ''}`,
    ),
    ...['', ...summary.map((line) => `- ${line}`)],
    ...(missing.length > 0 ? ['', 'Missing for "verified":', ...missing.map((line) => `- ${line}`)] : []),
    '',
    headline,
  ]
}

/** What is said when there is no verdict. */
export function lineOfError(error: unknown): string {
  return `No verdict: ${error instanceof Error ? error.message : String(error)}.`.replace('..', '.')
}

/** A signed note, as a file to keep. */
export interface NoteFile {
  readonly name: string
  readonly text: string
}

/** The notes of a conflict, which is the report's first, second, ... */
export function notesOf({ origin, notes }: Conflict, number: number): readonly NoteFile[] {
  return notes.map((text, k) => ({ name: `proof-${origin.replaceAll('/', '-')}-${number}-${'ab'[k]}.note`, text }))
}

export function lineOfConflict(notes: readonly NoteFile[]): string {
  const names = notes.map(({ name }) => name).join(' and ')
  return `Proof of a broken promise, two signed notes that disagree: ${names}`
}
