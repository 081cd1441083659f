import type { Logger } from 'pino'
import { BackgroundLoop } from '../../shared/infrastructure/background-loop.ts'
import type { CollectCosignatures, CosignReport, WitnessReport } from '../application/collect-cosignatures.ts'
import type { WitnessLease, WitnessResult } from '../application/witness.ts'

/** Milliseconds from a turn that left nothing to cosign to the next turn. */
const PAUSE_MS = 500

interface CosigningParts {
  readonly collectCosignatures: CollectCosignatures
  readonly lease: WitnessLease
  /** Called with each outcome of the requests to a witness. */
  readonly count: (report: WitnessReport) => void
  readonly log: Logger
}

/**
 * Collects the cosignatures of witnesses after the audit log has grown. No request and no append waits for it. While too
 * few witnesses cosign, it retries after longer and longer pauses.
 */
export class CosigningLoop {
  readonly #parts: CosigningParts
  readonly #loop: BackgroundLoop
  readonly #lastResults = new Map<string, WitnessResult>()
  #wokenFor = 0

  constructor(parts: CosigningParts) {
    this.#parts = parts
    const turn = async () => {
      await this.#turn()
      return false
    }
    this.#loop = new BackgroundLoop({ name: 'cosigning of the audit log', turn, pauseMs: PAUSE_MS, log: parts.log })
  }

  start(): void {
    this.#loop.start()
  }

  /**
   * Starts the next turn at once, the first time that it is called for a size of the log. Callers that wait for the
   * cosignatures of one size do not shorten the pauses between retries.
   */
  wakeFor(size: number): void {
    if (size <= this.#wokenFor) return
    this.#wokenFor = size
    this.#loop.wake()
  }

  async stop(): Promise<void> {
    const { lease, log } = this.#parts
    await this.#loop.stop()
    await lease
      .release()
      .catch((error: unknown) => log.warn({ err: error }, 'could not release the lease of the cosigning'))
  }

  async #turn(): Promise<void> {
    const { collectCosignatures, lease } = this.#parts
    if (!(await collectCosignatures.isDue()) || !(await lease.hold())) return
    const report = await collectCosignatures.execute()
    for (const ofWitness of report.reports) this.#note(ofWitness)
    const { required } = collectCosignatures
    if (report.cosigners < required) throw new Error(missingCosignatures(report, required))
  }

  /** Counts a result, and logs it when it is not the witness's last one. */
  #note(report: WitnessReport): void {
    const { count, log } = this.#parts
    count(report)
    const { witness, result } = report
    if (result === 'conflict') return // another replica sent a newer checkpoint
    const last = this.#lastResults.get(witness) ?? 'cosigned'
    this.#lastResults.set(witness, result)
    if (result === last) return
    if (result === 'cosigned') log.info(report, 'witness cosigns the audit log again')
    else if (result === 'ahead' || result === 'forked') log.error(report, 'witness knows another audit log')
    else log.warn(report, 'witness does not cosign the audit log')
  }
}

function missingCosignatures({ size, cosigners, reports }: CosignReport, required: number): string {
  const results = reports.map(({ witness, result }) => `${witness} ${result}`).join(', ')
  return `${cosigners} of ${required} required witnesses cosigned the audit log of size ${size}: ${results}`
}
