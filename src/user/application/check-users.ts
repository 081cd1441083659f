import type { UserId } from '../../shared/domain/user-id.ts'
import type { StoredUser, UserCheckQueries } from './user-check-queries.ts'

/** Maximum number of users in memory. */
const PAGE = 2_000
/** Number of entries of the audit log that one statement looks at. */
const ENTRIES = 10_000

/** Compares all stored users with their own events. */
export class CheckUsers {
  readonly #queries: UserCheckQueries

  constructor(queries: UserCheckQueries) {
    this.#queries = queries
  }

  /** Reports every difference, in sentences. Calls `onProgress` with the number of users read so far. */
  async execute(
    onProgress: (users: number) => void = () => {},
  ): Promise<{ readonly subject: string; readonly findings: readonly string[] }> {
    const findings: string[] = []
    let count = 0
    for (let after: UserId | undefined; ; ) {
      const users = await this.#queries.users({ after, limit: PAGE })
      for (const user of users) findings.push(...userFindings(user))
      count += users.length
      onProgress(count)
      if (users.length < PAGE) break
      after = users.at(-1)?.state.id
    }
    const last = await this.#queries.lastAuditIndex()
    for (let from = 0; from <= last; from += ENTRIES) {
      for (const aggregate of await this.#queries.unknownUsers(from, from + ENTRIES - 1))
        findings.push(`events of ${aggregate} are stored, but the user is not`)
    }
    return { subject: `${count} users`, findings: [...findings, ...(await this.#forgettingFindings())] }
  }

  /** The event of a forgetting does not name the user, so they are compared by their time. */
  async #forgettingFindings(): Promise<string[]> {
    const findings: string[] = []
    for (const { at, users, events } of await this.#queries.forgettings())
      findings.push(`${users} users are forgotten at ${isoOf(at)}, ${events} events say so`)
    for (const id of await this.#queries.neverForgotten())
      findings.push(`user ${id}: waits for its ballots to be forgotten, but is not forgotten`)
    return findings
  }
}

/** Finds personal fields of a forgotten user, and their lack in any other user. */
function personFindings({ email, name, identity, forgottenAt }: StoredUser['state']): string[] {
  if (forgottenAt === null) return email === null ? ['has no e-mail address, although it is not forgotten'] : []
  return Object.entries({ 'e-mail address': email, name, subject: identity }).flatMap(([field, value]) =>
    value === null ? [] : `is forgotten, but its ${field} is stored`,
  )
}

/** Repeats a user's events, and compares the result with the user. */
function userFindings({ state, events }: StoredUser): string[] {
  const findings: string[] = []
  const find = (sentence: string) => void findings.push(`user ${state.id}: ${sentence}`)
  let bannedAt: number | null = null
  for (const [n, { seq, type, data, occurredAt }] of events.entries()) {
    if (seq !== n + 1) find(`event ${n + 1} is not stored`)
    if (data['user_id'] !== state.id) find(`event ${seq} names another user`)
    if ((type === 'user.registered.v1') !== (n === 0)) find(`event ${seq} is ${type}`)
    if (type === 'user.registered.v1' && occurredAt !== state.createdAt)
      find(`was registered at ${isoOf(occurredAt)}, the row says ${isoOf(state.createdAt)}`)
    if (type === 'user.banned.v1') {
      if (bannedAt !== null) find(`event ${seq} bans a banned user`)
      bannedAt = occurredAt
    } else if (type === 'user.unbanned.v1') {
      if (bannedAt === null) find(`event ${seq} lifts no ban`)
      bannedAt = null
    } else if (type !== 'user.registered.v1') find(`event ${seq} is of the unknown type ${type}`)
  }
  for (const sentence of personFindings(state)) find(sentence)
  const lastSeq = events.at(-1)?.seq ?? 0
  if (lastSeq !== state.lastSeq) find(`the last event is ${lastSeq}, the row says ${state.lastSeq}`)
  if (bannedAt !== state.bannedAt) find(`by the events ${banOf(bannedAt)}, the row says ${banOf(state.bannedAt)}`)
  return findings
}

function banOf(bannedAt: number | null): string {
  return bannedAt === null ? 'not banned' : `banned at ${isoOf(bannedAt)}`
}

function isoOf(instant: number): string {
  return new Date(instant).toISOString()
}
