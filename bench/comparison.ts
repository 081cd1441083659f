import { mean, median } from './statistics.ts'

/** A phase of a peer, and ours before and after it. Machines are noisy: a phase is held against its neighbours only. */
export interface Neighbours<Phase> {
  readonly before: Phase
  readonly peer: Phase
  readonly after: Phase
}

/** Measures in turn: ours, the first peer, ours, the second peer, ours, and so on, as many rounds. */
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

/** Our figure beside the peer, the peer's, and the median of the ratios between neighbours. */
export function figures<Phase>(phases: readonly Neighbours<Phase>[], figure: (phase: Phase) => number) {
  return {
    ours: median(phases.flatMap(({ before, after }) => [before, after]).map(figure)),
    peer: median(phases.map(({ peer }) => figure(peer))),
    value: median(phases.map(({ before, peer, after }) => mean([before, after].map(figure)) / figure(peer))),
  }
}

/** What is counted by the second. */
export interface Throughput {
  readonly rate: number
}

/** The candidate with the highest rate in a phase of its own. */
export async function fastest<Candidate>(
  candidates: readonly Candidate[],
  phase: (candidate: Candidate) => Promise<Throughput>,
): Promise<Candidate> {
  const rates: number[] = []
  for (const candidate of candidates) rates.push((await phase(candidate)).rate)
  return candidates[rates.indexOf(Math.max(...rates))] as Candidate
}
