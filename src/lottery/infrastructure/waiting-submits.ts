import type { SubmitAnswer, SubmitBallotCommand } from '../application/submit-command.ts'

/** Submits that are stored together, in their order: single ones of one turn of the event loop, or a slice of a batch. */
export interface Group {
  readonly kind: 'singles' | 'slice'
  readonly commands: readonly SubmitBallotCommand[]
  /** Time of the group's arrival, in milliseconds of the monotonic clock. */
  readonly since: number
  readonly answer: (answers: readonly SubmitAnswer[]) => void
}

/** Milliseconds after a single submit in which more of them are expected. */
const MORE_WITHIN_MS = 1_000

/**
 * Two lines of groups, each oldest first: single submits, and slices of batches. While both wait, they take turns. While
 * single submits come, a turn of the slices is one slice; else it is as many slices as a commit may have.
 */
export class WaitingSubmits {
  readonly #lines: Readonly<Record<Group['kind'], Group[]>> = { singles: [], slice: [] }
  #lastKind: Group['kind'] = 'slice'
  #lastSingleAt = Number.NEGATIVE_INFINITY

  get areNone(): boolean {
    return this.oldestSince === undefined
  }

  /** Arrival of the oldest group; undefined when there is none. */
  get oldestSince(): number | undefined {
    const { singles, slice } = this.#lines
    const arrivals = [singles[0], slice[0]].flatMap((group) => group?.since ?? [])
    return arrivals.length === 0 ? undefined : Math.min(...arrivals)
  }

  add(group: Group): void {
    this.#lines[group.kind].push(group)
    if (group.kind === 'singles') this.#lastSingleAt = group.since
  }

  /** Takes the groups of the next turn, which have no more ballots than `maxBallots` together. */
  takeNext(maxBallots: number): readonly Group[] {
    const { singles, slice } = this.#lines
    const isSlicesTurn = slice.length > 0 && (singles.length === 0 || this.#lastKind === 'singles')
    this.#lastKind = isSlicesTurn ? 'slice' : 'singles'
    if (!isSlicesTurn) return singles.splice(0, fitting(singles, maxBallots))
    const singlesCome = performance.now() - this.#lastSingleAt < MORE_WITHIN_MS
    return slice.splice(0, singlesCome ? 1 : fitting(slice, maxBallots))
  }

  /** Takes the groups that arrived at this time or earlier. */
  takeSince(time: number): readonly Group[] {
    return Object.values(this.#lines).flatMap((groups) => {
      const young = groups.findIndex(({ since }) => since > time)
      return groups.splice(0, young === -1 ? groups.length : young)
    })
  }
}

/** Number of the first groups that have `maxBallots` ballots at most. */
function fitting(groups: readonly Group[], maxBallots: number): number {
  let ballots = 0
  const tooMany = groups.findIndex(({ commands }) => {
    ballots += commands.length
    return ballots > maxBallots
  })
  return tooMany === -1 ? groups.length : tooMany
}
