import type { ReadAuditLog } from '../audit-log/application/read-audit-log.ts'
import type { Evidence } from '../lottery/application/find-evidence.ts'
import type { ExcludedBallot } from '../lottery/application/lottery-queries.ts'
import type { Instant } from '../shared/domain/instant.ts'
import { type Html, html } from './html.ts'
import { countOf, numberOf, timeOf } from './words.ts'

/** Exclusions that the page lists; the evidence has all. */
const LISTED = 50
/** Bans of one user among which that of an exclusion is looked for. */
const BANS = 100

/** The excluded ballots of a lottery, with the reason and the time of each. */
export async function exclusionsOf({ exclusions, seal }: Evidence, auditLog: ReadAuditLog): Promise<Html | false> {
  if (seal.excludedCount === 0) return false
  const listed: ExcludedBallot[] = []
  for await (const page of exclusions) {
    listed.push(...page.slice(0, LISTED - listed.length))
    if (listed.length === LISTED) break
  }
  const times = await banTimes(auditLog, new Set(listed.map(({ userId }) => userId)))
  return html`<h2>Excluded ballots</h2>
<p>${countOf(seal.excludedCount, 'ballot')} could not win, since the user was banned before the lottery was sealed.${
    seal.excludedCount > LISTED && html` The first ${LISTED} are listed; the evidence has all.`
  }</p>
<div class="scroll" tabindex="0" role="region" aria-label="Excluded ballots">
<table><thead><tr><th scope="col">Ordinal</th><th scope="col">Reason</th><th scope="col">Banned at</th><th scope="col">Event of the ban</th></tr></thead><tbody>
${listed.map(({ ordinal, eventId, userId }) => {
  const at = times.get(eventId)
  const events = `/audit?aggregate=user/${userId}`
  return html`<tr><th scope="row">${numberOf(ordinal)}</th><td>banned</td><td>${at === undefined ? 'not listed' : timeOf(at)}</td><td><a href="${events}"><code>${eventId}</code></a></td></tr>\n`
})}</tbody></table></div>`
}

/** Times of the bans of these users, by the ids of their events. */
async function banTimes(auditLog: ReadAuditLog, userIds: ReadonlySet<string>): Promise<ReadonlyMap<string, Instant>> {
  const times = new Map<string, Instant>()
  for (const userId of userIds) {
    const bans = { aggregate: `user/${userId}`, type: 'user.banned.v1', after: -1, limit: BANS }
    for (const { event } of await auditLog.list(bans)) times.set(event.id, Date.parse(event.occurred_at))
  }
  return times
}
