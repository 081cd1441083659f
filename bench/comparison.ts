import { mean, median } from './statistics.ts'

/**
 * Phase of a peer, and our phases before and after it. Machines are noisy, so phases are compared with neighbours only.
 */
export interface Neighbours<Phase> {
  readonly before: Phase
  readonly peer: Phase
  readonly after: Phase
}

/** Measures in turn: ours, the first peer, ours, the second peer, ours, and so on, for this number of rounds. */
export async function alternate<Phase, Name extends string>(
  ours: () => Promise<Phase>,
  peers: Readonly<Record<Name, () => Promise<Phase>>>,
  rounds = 2,
): Promise<Record<Name, readonly Neighbours<Phase>[]>> {
  const names = Object.keys(peers) as Name[]
  const measured = {} as Record<Name, Neighbours<Phase>[]>
  for (const name of names) measured[name] = []
  let before = await ours()
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const peer = await peers[name]()
      const after = await ours()
      measured[name].push({ before, peer, after })
      before = after
    }
  }
  return measured
}

/** Median of our figures, median of the peer's figures, and median of the ratios between neighbours. */
export function figures<Phase>(phases: readonly Neighbours<Phase>[], figure: (phase: Phase) => number) {
  return {
    ours: median(phases.flatMap(({ before, after }) => [before, after]).map(figure)),
    peer: median(phases.map(({ peer }) => figure(peer))),
    value: median(phases.map(({ before, peer, after }) => mean([before, after].map(figure)) / figure(peer))),
  }
}

/** Phase whose result is a rate. */
export interface Throughput {
  /** Successes a second. */
  readonly rate: number
}

/** Runs a phase for each candidate, and returns the candidate with the highest rate. */
export async function fastest<Candidate>(
  candidates: readonly Candidate[],
  phase: (candidate: Candidate) => Promise<Throughput>,
): Promise<Candidate> {
  const rates: number[] = []
  for (const candidate of candidates) rates.push((await phase(candidate)).rate)
  return candidates[rates.indexOf(Math.max(...rates))] as Candidate
}
