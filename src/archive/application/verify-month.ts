import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { sha256 } from '../../ledger/domain/sha256.ts'
import { hexOf } from '../../verify/primitives.ts'
import { verify } from '../../verify/verify.ts'
import type { ArchiveState } from '../domain/archive.ts'
import { ArchiveBroken, ObjectMissing } from '../domain/errors.ts'
import { type ManifestDocument, manifestNoteText, manifestOf, type ObjectDocument } from '../domain/manifest.ts'
import type { Month } from '../domain/month.ts'
import { manifestKey, manifestNoteKey } from '../domain/object-keys.ts'
import { hashOfObject } from './hash-of-object.ts'
import type { ClosedLottery, MonthSource } from './month-source.ts'
import type { ObjectStore } from './object-store.ts'
import type { OnProgress } from './progress.ts'
import type { VerifyBallotFiles } from './verify-ballot-files.ts'
import type { VerifyLedger } from './verify-ledger.ts'

/** Bytes of the largest evidence that is drawn again. Larger evidence is compared by its SHA-256 alone. */
const DRAWN_AGAIN_BYTES = 32 * 1024 * 1024
/** Number of ballots of each lottery whose inclusion proofs are checked, besides the first, the last and the winner. */
const SAMPLE = 30

/** Reads a month back from the store, all of it, and compares it with the sealed facts in the database. */
export class VerifyMonth {
  readonly #source: MonthSource
  readonly #store: ObjectStore
  readonly #verifyBallotFiles: VerifyBallotFiles
  readonly #verifyLedger: VerifyLedger
  readonly #signer: CheckpointSigner

  constructor(
    source: MonthSource,
    store: ObjectStore,
    verifyBallotFiles: VerifyBallotFiles,
    verifyLedger: VerifyLedger,
    signer: CheckpointSigner,
  ) {
    this.#source = source
    this.#store = store
    this.#verifyBallotFiles = verifyBallotFiles
    this.#verifyLedger = verifyLedger
    this.#signer = signer
  }

  /**
   * Returns a sentence for every difference. Private objects have the bytes of the manifest until the month was verified
   * once; afterwards, they change when a person is forgotten. @throws ArchiveUnavailable
   */
  async execute({ month, manifest: stored, verifiedAt }: ArchiveState, onProgress: OnProgress): Promise<string[]> {
    const manifest = stored?.text ?? ''
    try {
      const lotteries = await this.#source.lotteries(month)
      return [
        ...(await this.#manifestFindings(month, manifest, lotteries)),
        ...(await this.#verifyBallotFiles.execute(month, lotteries, onProgress)),
        ...(verifiedAt === null ? await this.#privateFindings(manifestOf(manifest)) : []),
        ...(await this.#publicFindings(manifestOf(manifest), lotteries, onProgress)),
      ]
    } catch (error) {
      if (error instanceof ObjectMissing) return [error.message]
      if (error instanceof ArchiveBroken) return [...error.findings]
      throw error
    }
  }

  async #manifestFindings(month: Month, text: string, lotteries: readonly ClosedLottery[]): Promise<string[]> {
    const bytes = new TextEncoder().encode(text)
    const note = this.#signer.signText(manifestNoteText(this.#signer.name, month, sha256(bytes)))
    const findings: string[] = []
    if (!sameBytes(await this.#store.get(manifestKey(month)), bytes)) findings.push('the manifest was changed')
    if (!sameBytes(await this.#store.get(manifestNoteKey(month)), new TextEncoder().encode(note)))
      findings.push('the note over the manifest was changed')
    const facts = (lottery: { date: string; count: number; root: string; hash: string }) =>
      Object.values(lottery).join(' ')
    const listed = manifestOf(text).lotteries.map(({ date, ballot_count: count, root, seal_hash: hash }) =>
      facts({ date, count, root, hash }),
    )
    const sealed = lotteries.map(({ date, ballotCount: count, root, sealHash }) =>
      facts({ date, count, root: hexOf(root), hash: hexOf(sealHash) }),
    )
    if (listed.join() !== sealed.join()) findings.push('the manifest does not list the sealed lotteries of the month')
    return findings
  }

  async #privateFindings({ private: files }: ManifestDocument): Promise<string[]> {
    const findings: string[] = []
    for (const file of files) findings.push(...(await this.#objectFindings(file)))
    return findings
  }

  async #publicFindings(
    { lotteries: listed, events }: ManifestDocument,
    lotteries: readonly ClosedLottery[],
    onProgress: OnProgress,
  ): Promise<string[]> {
    const findings = await this.#objectFindings(events)
    for (const [n, lottery] of lotteries.entries()) {
      const { date, ballotCount } = lottery
      const entry = listed[n]
      findings.push(
        ...(await this.#verifyLedger.execute(lottery, sampleOf(lottery), (done) =>
          onProgress(`verification of the ledger of ${date}`, done, ballotCount),
        )),
      )
      if (!entry) continue
      findings.push(...(await this.#objectFindings(entry.ledger)), ...(await this.#evidenceFindings(entry.evidence)))
    }
    return findings
  }

  /** The verifier of outsiders draws again. It would find anything but a repeated draw. */
  async #evidenceFindings(evidence: ObjectDocument): Promise<string[]> {
    const findings = await this.#objectFindings(evidence)
    if (findings.length > 0 || evidence.size > DRAWN_AGAIN_BYTES) return findings
    const text = new TextDecoder().decode(await this.#store.get(evidence.key))
    const { verdict, headline } = await verify({ evidence: text, key: this.#signer.verifierKey })
    return verdict === 1 ? [`${evidence.key} is ${headline}`] : []
  }

  async #objectFindings({ key, sha256: expected, size }: ObjectDocument): Promise<string[]> {
    const found = await hashOfObject(this.#store, key)
    if (found.size !== size) return [`${key} has ${found.size} bytes, not ${size}`]
    return hexOf(found.sha256) === expected ? [] : [`${key} does not have the SHA-256 of the manifest`]
  }
}

/** The first, the last and the winning ballot, and others that the root chooses. */
function sampleOf({ ballotCount, root, winnerOrdinal }: ClosedLottery): number[] {
  if (ballotCount === 0) return []
  const chosen = Array.from({ length: SAMPLE }, (_, n) => {
    const hash = Buffer.from(sha256(root, Uint8Array.of(n)))
    return 1 + (hash.readUIntBE(0, 6) % ballotCount)
  })
  return [...new Set([1, ballotCount, ...(winnerOrdinal === null ? [] : [winnerOrdinal]), ...chosen])]
}
