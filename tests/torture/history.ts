/** What was sent for one ballot, under one idempotency key, and what was answered. Times are milliseconds of one clock. */
export interface Attempt {
  readonly userId: string
  readonly firstSentAt: number
  /** Answers of 201, each with the ballot's id and ordinal. */
  readonly acknowledged: readonly { readonly at: number; readonly id: string; readonly ordinal: number }[]
  /** Whether an answer never came, or told that the outcome is not known. */
  readonly isUnknown: boolean
}

export interface StoredRow {
  readonly id: string
  readonly ordinal: number
  readonly userId: string
}

/**
 * Compares what clients were told with what is stored, as Jepsen's set checker does: nothing acknowledged is lost, nothing is
 * stored that no one sent, and the order is one that clients can have seen. Returns a sentence for every difference.
 */
export function differences(attempts: readonly Attempt[], stored: readonly StoredRow[]): string[] {
  return [...lost(attempts, stored), ...gaps(stored), ...invented(attempts, stored), ...outOfOrder(attempts)]
}

function gaps(stored: readonly StoredRow[]): string[] {
  return stored.flatMap(({ ordinal }, index) => {
    const before = stored[index - 1]?.ordinal ?? 0
    return ordinal === before + 1 ? [] : [`ordinal ${ordinal} follows ${before}`]
  })
}

function lost(attempts: readonly Attempt[], stored: readonly StoredRow[]): string[] {
  const rows = new Map(stored.map((row) => [row.id, row]))
  return attempts.flatMap(({ userId, acknowledged }) =>
    acknowledged.flatMap(({ id, ordinal }) => {
      const row = rows.get(id)
      if (!row) return [`ballot ${id} was acknowledged, and is lost`]
      if (row.ordinal !== ordinal)
        return [`ballot ${id} was acknowledged as ${ordinal}, and is stored as ${row.ordinal}`]
      if (row.userId !== userId) return [`ballot ${id} is stored for another user`]
      if (id !== acknowledged[0]?.id) return [`ballot ${id} is a second ballot of one idempotency key`]
      return []
    }),
  )
}

/** A stored ballot was acknowledged, or is one whose answer did not come. */
function invented(attempts: readonly Attempt[], stored: readonly StoredRow[]): string[] {
  const known = new Set(attempts.flatMap(({ acknowledged }) => acknowledged.map(({ id }) => id)))
  const unknown = attempts.filter(({ acknowledged, isUnknown }) => isUnknown && acknowledged.length === 0).length
  const others = stored.filter(({ id }) => !known.has(id)).length
  return others > unknown
    ? [`${others} ballots are stored beyond the acknowledged, ${unknown} outcomes are unknown`]
    : []
}

/** A ballot that was sent after another one was acknowledged has the higher ordinal. */
function outOfOrder(attempts: readonly Attempt[]): string[] {
  const moments = attempts.flatMap(({ firstSentAt, acknowledged: [first] }) =>
    first
      ? [
          { at: firstSentAt, sent: first.ordinal },
          { at: first.at, answered: first.ordinal },
        ]
      : [],
  )
  const findings: string[] = []
  let highest = 0
  for (const { sent = 0, answered = 0 } of moments.toSorted((a, b) => a.at - b.at)) {
    if (sent > 0 && sent < highest) findings.push(`ballot ${sent} was sent after ballot ${highest} was acknowledged`)
    highest = Math.max(highest, answered)
  }
  return findings
}
