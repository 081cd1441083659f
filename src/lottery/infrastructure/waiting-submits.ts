import type { SubmitAnswer, SubmitBallotCommand } from '../application/submit-command.ts'

/** Submits that are stored together, in their order: single ones of one turn of the event loop, or a slice of a batch. */
export interface Group {
  readonly kind: 'singles' | 'slice'
  readonly commands: readonly SubmitBallotCommand[]
  /** Time of the group's arrival, in milliseconds of the monotonic clock. */
  readonly since: number
  readonly answer: (answers: readonly SubmitAnswer[]) => void
}

/** Two lines of groups, each oldest first: single submits, and slices of batches. While both wait, they take turns. */
export class WaitingSubmits {
  readonly #lines: Readonly<Record<Group['kind'], Group[]>> = { singles: [], slice: [] }
  #lastKind: Group['kind'] = 'slice'

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
  }

  /** Takes the groups to store next: one slice, or single submits, as many as `maxBallots` allow. */
  takeNext(maxBallots: number): readonly Group[] {
    const { singles, slice } = this.#lines
    const isSlicesTurn = slice.length > 0 && (singles.length === 0 || this.#lastKind === 'singles')
    this.#lastKind = isSlicesTurn ? 'slice' : 'singles'
    if (isSlicesTurn) return slice.splice(0, 1)
    let groups = 0
    let ballots = 0
    for (const { commands } of singles) {
      ballots += commands.length
      if (ballots > maxBallots) break
      groups += 1
    }
    return singles.splice(0, groups)
  }

  /** Takes the groups that arrived at this time or earlier. */
  takeSince(time: number): readonly Group[] {
    return Object.values(this.#lines).flatMap((groups) => {
      const young = groups.findIndex(({ since }) => since > time)
      return groups.splice(0, young === -1 ? groups.length : young)
    })
  }
}
