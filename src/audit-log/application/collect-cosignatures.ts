import { headOf, type TreeHead } from '../../ledger/domain/growing-tree.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import type { AuditCheckpoints } from './audit-checkpoints.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'
import type { CosignedCheckpoints } from './cosigned-checkpoints.ts'
import type { Witness, WitnessAnswer, WitnessResult } from './witness.ts'

/** Result of the requests to one witness. */
export interface WitnessReport {
  readonly witness: string
  readonly result: WitnessResult
  /** Size that the witness cosigned last, where the result is `ahead`. */
  readonly size?: number
}

export interface CosignReport {
  /** Size of the log whose checkpoint was sent. */
  readonly size: number
  /** Number of witnesses that have cosigned this checkpoint so far. */
  readonly cosigners: number
  readonly reports: readonly WitnessReport[]
}

interface Parts {
  readonly witnesses: readonly Witness[]
  /** Number of cosignatures that a checkpoint needs to be stored, from 1. */
  readonly required: number
  readonly queries: AuditLogQueries
  readonly checkpoints: AuditCheckpoints
  readonly cosigned: CosignedCheckpoints
}

/**
 * Requests cosignatures of the present audit log from all witnesses at the same time, and stores the checkpoint once enough
 * of them cosigned it. A witness that cosigned a size is not requested to cosign it again.
 */
export class CollectCosignatures {
  readonly required: number
  readonly #parts: Parts
  readonly #proofs: TreeProofs
  /** Size that each witness cosigned last, as far as this replica knows. */
  readonly #oldSizes = new Map<string, number>()
  /** Signature lines of one size, by witness. */
  #collected: { readonly size: number; readonly lines: Map<string, string> } = { size: 0, lines: new Map() }

  constructor(parts: Parts) {
    this.#parts = parts
    this.required = parts.required
    this.#proofs = new TreeProofs(parts.queries.nodes)
  }

  /** Whether the present log lacks cosignatures. */
  async isDue(): Promise<boolean> {
    const newest = await this.#parts.cosigned.newest()
    const { size } = await this.#parts.queries.tree()
    return size > (newest?.size ?? 0) || (newest !== undefined && newest.cosigners < this.required)
  }

  /** Requests the missing cosignatures of the present log once. */
  async execute(): Promise<CosignReport> {
    const { witnesses, queries, checkpoints, cosigned } = this.#parts
    const head = headOf(await queries.tree())
    const checkpoint = await checkpoints.sign(head)
    if (this.#collected.size !== head.size) this.#collected = { size: head.size, lines: new Map() }
    const { lines } = this.#collected

    const missing = witnesses.filter(({ name }) => !lines.has(name))
    const reports = await Promise.all(missing.map((witness) => this.#ask(witness, head, checkpoint, lines)))

    if (head.size > 0 && lines.size >= this.required) {
      const inOrder = witnesses.flatMap(({ name }) => lines.get(name) ?? [])
      await cosigned.add({ size: head.size, note: checkpoint + inOrder.join(''), cosigners: inOrder.length })
    }
    return { size: head.size, cosigners: lines.size, reports }
  }

  async #ask(witness: Witness, head: TreeHead, checkpoint: string, lines: Map<string, string>): Promise<WitnessReport> {
    const { name } = witness
    const first = await this.#request(witness, this.#oldSizes.get(name) ?? 0, head, checkpoint)
    const answer = first.result === 'conflict' ? await this.#again(witness, first.size, head, checkpoint) : first
    if (answer.result !== 'cosigned') return { witness: name, ...answer }
    lines.set(name, answer.line)
    this.#oldSizes.set(name, head.size)
    return { witness: name, result: 'cosigned' }
  }

  /** Requests a cosignature from the size that the witness named. */
  async #again(
    witness: Witness,
    oldSize: number,
    head: TreeHead,
    checkpoint: string,
  ): Promise<WitnessAnswer | { result: 'ahead'; size: number }> {
    if (oldSize <= head.size) {
      this.#oldSizes.set(witness.name, oldSize)
      return this.#request(witness, oldSize, head, checkpoint)
    }
    const { size } = await this.#parts.queries.tree() // another replica may have sent a newer checkpoint meanwhile
    if (oldSize > size) return { result: 'ahead', size: oldSize }
    this.#oldSizes.set(witness.name, oldSize)
    return { result: 'conflict', size: oldSize }
  }

  async #request(witness: Witness, oldSize: number, head: TreeHead, checkpoint: string): Promise<WitnessAnswer> {
    const from = Math.min(oldSize, head.size)
    const proof = from === head.size ? [] : await this.#proofs.consistency(from, head.size)
    const answer = await witness.cosign({ oldSize: from, proof, checkpoint })
    // A witness that names the size it was sent has another root at this size.
    return answer.result === 'conflict' && answer.size === from ? { result: 'forked' } : answer
  }
}
