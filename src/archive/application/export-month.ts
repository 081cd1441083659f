import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { sha256 } from '../../ledger/domain/sha256.ts'
import { ObjectConflict } from '../domain/errors.ts'
import { type ManifestLottery, type ManifestObject, manifestNoteText, manifestText } from '../domain/manifest.ts'
import type { Month } from '../domain/month.ts'
import { ballotFileKey, eventsKey, evidenceKey, manifestKey, manifestNoteKey } from '../domain/object-keys.ts'
import type { BallotFileName, BallotFileWriter, BallotPages } from './ballot-files.ts'
import type { LocalFiles } from './local-files.ts'
import type { ClosedLottery, MonthSource } from './month-source.ts'
import type { ArchiveObject, LocalFile, ObjectStore } from './object-store.ts'
import type { OnProgress } from './progress.ts'
import type { WriteLedger } from './write-ledger.ts'

/** Puts everything of a month into the store. It can be repeated. */
export class ExportMonth {
  readonly #source: MonthSource
  readonly #store: ObjectStore
  readonly #ballotFiles: BallotFileWriter
  readonly #localFiles: LocalFiles
  readonly #writeLedger: WriteLedger
  readonly #signer: CheckpointSigner

  constructor(
    source: MonthSource,
    store: ObjectStore,
    ballotFiles: BallotFileWriter,
    localFiles: LocalFiles,
    writeLedger: WriteLedger,
    signer: CheckpointSigner,
  ) {
    this.#source = source
    this.#store = store
    this.#ballotFiles = ballotFiles
    this.#localFiles = localFiles
    this.#writeLedger = writeLedger
    this.#signer = signer
  }

  /**
   * Puts everything but the manifest, and returns its text. A month that was restored has one already: it stays, because the public objects are
   * the same, and private ones may have changed since, when a person was forgotten.
   */
  async execute(month: Month, earlierManifest: string | undefined, onProgress: OnProgress): Promise<string> {
    const lotteries = await this.#source.lotteries(month)
    const privateObjects = await this.#putBallots(month, lotteries, onProgress)
    const entries: ManifestLottery[] = []
    for (const lottery of lotteries) entries.push(await this.#putLottery(lottery, onProgress))
    const events = await this.#putEvents(month)
    return (
      earlierManifest ??
      manifestText({ month, ledgerName: this.#signer.name, lotteries: entries, events, private: privateObjects })
    )
  }

  /** Puts the signed manifest, after everything else: where it is, all the rest is. */
  async putManifest(month: Month, text: string): Promise<void> {
    const content = new TextEncoder().encode(text)
    const noteText = manifestNoteText(this.#signer.name, month, sha256(content))
    const note = new TextEncoder().encode(this.#signer.signText(noteText))
    await this.#store.put({
      key: manifestNoteKey(month),
      content: note,
      contentType: 'text/plain; charset=utf-8',
      isPublic: true,
    })
    await this.#store.put({ key: manifestKey(month), content, contentType: 'application/json', isPublic: true })
  }

  async #putBallots(month: Month, lotteries: readonly ClosedLottery[], onProgress: OnProgress) {
    const of = lotteries.reduce((sum, { ballotCount }) => sum + ballotCount, 0)
    const put = <Name extends BallotFileName>(name: Name, pages: BallotPages<Name>) =>
      this.#putBallotFile(
        name,
        month,
        counting(pages, (done) => onProgress(`${name} of ${month}`, done, of)),
      )
    return [
      await put('ballots', this.#source.ballots(month)),
      await put('ballots_by_id', this.#source.ballotsById(month)),
      await put('ballots_by_user', this.#source.ballotsByUser(month)),
    ]
  }

  #putBallotFile<Name extends BallotFileName>(name: Name, month: Month, pages: BallotPages<Name>) {
    return this.#ballotFiles.write(name, pages, async (file, rows) => {
      const key = ballotFileKey(name, month)
      await this.#putPrivate({ key, content: file, contentType: 'application/vnd.apache.parquet', isPublic: false })
      return { ...objectOf(key, file), rows }
    })
  }

  /** The database is right: what an interrupted export left may name a person who was forgotten since. */
  async #putPrivate(object: ArchiveObject): Promise<void> {
    await this.#store.put(object).catch(async (error: unknown) => {
      if (!(error instanceof ObjectConflict)) throw error
      await this.#store.replace(object)
    })
  }

  async #putLottery(lottery: ClosedLottery, onProgress: OnProgress): Promise<ManifestLottery> {
    const { date, ballotCount, root, sealHash, checkpoint } = lottery
    const ledger = await this.#writeLedger.execute({
      date,
      checkpoint,
      entries: this.#source.entries(date),
      onProgress: (done) => onProgress(`ledger of ${date}`, done, ballotCount),
    })
    const evidence = await this.#putPublic(evidenceKey(date), 'application/json', this.#source.evidence(date))
    return { date, ballotCount, root, sealHash, ledger, evidence }
  }

  async #putEvents(month: Month) {
    let count = 0
    const source = this.#source.events(month)
    async function* lines() {
      for await (const texts of source) {
        count += texts.length
        yield texts.map((text) => `${text}\n`).join('')
      }
    }
    const object = await this.#putPublic(eventsKey(month), 'application/x-ndjson', lines())
    return { ...object, count }
  }

  async #putPublic(key: string, contentType: string, pieces: AsyncIterable<string>): Promise<ManifestObject> {
    return this.#localFiles.write(pieces, async (file) => {
      await this.#store.put({ key, content: file, contentType, isPublic: true })
      return objectOf(key, file)
    })
  }
}

function objectOf(key: string, { sha256: hash, size }: LocalFile): ManifestObject {
  return { key, sha256: hash, size }
}

async function* counting<T>(pages: AsyncIterable<readonly T[]>, onCount: (count: number) => void) {
  let count = 0
  for await (const page of pages) {
    yield page
    count += page.length
    onCount(count)
  }
}
