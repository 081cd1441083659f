import { leafHash } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { Sha256 } from '../../ledger/domain/sha256.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import { Refusal } from '../../verify/json.ts'
import { readLedger } from '../../verify/ledger.ts'
import { leaf, rootOfPath } from '../../verify/merkle.ts'
import { hexOf } from '../../verify/primitives.ts'
import { type LedgerObject, LedgerObjects } from '../domain/ledger-objects.ts'
import { ledgerKey } from '../domain/object-keys.ts'
import { Sums } from '../domain/sums.ts'
import { BUNDLE, TILE_WIDTH, tilePath, tileWidth } from '../domain/tile-path.ts'
import { hashOfObject } from './hash-of-object.ts'
import { InParallel } from './in-parallel.ts'
import { entriesOf, LedgerTiles } from './ledger-tiles.ts'
import type { ClosedLottery } from './month-source.ts'
import type { ObjectStore } from './object-store.ts'

/** Bundles that are requested together, and other objects that are. */
const READS_AT_ONCE = 16

const encoder = new TextEncoder()

/** Repeated ids are found elsewhere: the file `ballots_by_id` has the ids in their order. */
const ALL_IDS = { add: () => true }

/** Reads a ledger back from the store, and recomputes all of it from its entries. */
export class VerifyLedger {
  readonly #store: ObjectStore

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /**
   * Returns a sentence for every difference. `sample` are ordinals whose inclusion proofs are checked.
   *
   * @throws ObjectMissing | ArchiveUnavailable
   */
  async execute(
    lottery: ClosedLottery,
    sample: readonly number[],
    onProgress: (entries: number) => void,
  ): Promise<string[]> {
    const findings = await this.#ledgerFindings(lottery, onProgress)
    if (findings.length === 0) findings.push(...(await this.#proofFindings(lottery, sample)))
    return findings.map((finding) => `ledger of ${lottery.date}: ${finding}`)
  }

  async #ledgerFindings(lottery: ClosedLottery, onProgress: (entries: number) => void): Promise<string[]> {
    const { date, ballotCount: size, root, checkpoint } = lottery
    const recomputed = new Recomputed(this.#store, ledgerKey(date))
    try {
      const lines = linesOf(size, recomputed, onProgress)
      const ledger = await readLedger(lines, { date, ordinals: new Set(), sizes: [] }, ALL_IDS)
      const findings = await recomputed.end(checkpoint)
      if (ledger.size !== size || ledger.root !== hexOf(root))
        findings.push(`${ledger.size} entries lead to ${ledger.root}, not to the sealed root of ${size}`)
      return [...findings, ...ledger.faults]
    } catch (error) {
      if (error instanceof Refusal) return [error.message]
      throw error
    }
  }

  async #proofFindings({ date, ballotCount, root }: ClosedLottery, sample: readonly number[]): Promise<string[]> {
    const tiles = new LedgerTiles(remembering(this.#store))
    const proofs = new TreeProofs(async (level, from, to) => {
      if (level > 0) return tiles.subtrees(date, ballotCount, level, from, to)
      const entries = await tiles.entries(date, ballotCount, from + 1, to + 1)
      return entries.map(({ ordinal, entry }) => ({ level, index: ordinal - 1, hash: leafHash(entry) }))
    })
    const findings: string[] = []
    for (const ordinal of sample) {
      const [placed] = await tiles.entries(date, ballotCount, ordinal, ordinal)
      const { proof } = await proofs.inclusion(ordinal - 1, ballotCount)
      const found = placed && rootOfPath(leaf(placed.entry), ordinal - 1, ballotCount, proof.map(hexOf))
      if (found !== hexOf(root)) findings.push(`the proof of ballot ${ordinal} does not lead to the sealed root`)
    }
    return findings
  }
}

/** Reads each object once. */
function remembering(store: ObjectStore): Pick<ObjectStore, 'get'> {
  const read = new Map<string, Promise<Uint8Array>>()
  return {
    get: (key) => {
      const bytes = read.get(key) ?? store.get(key)
      read.set(key, bytes)
      return bytes
    },
  }
}

/** Entries of all bundles in hex. They are added to `recomputed` too. */
async function* linesOf(size: number, recomputed: Recomputed, onProgress: (entries: number) => void) {
  const bundles = Math.ceil(size / TILE_WIDTH)
  for (let first = 0; first < bundles; first += READS_AT_ONCE) {
    const indexes = Array.from({ length: Math.min(READS_AT_ONCE, bundles - first) }, (_, n) => first + n)
    const widths = indexes.map((index) => tileWidth(BUNDLE, index, size))
    const paths = indexes.map((index, n) => tilePath(BUNDLE, index, widths[n] ?? 0))
    for (const [n, bundle] of (await recomputed.readBundles(paths)).entries()) {
      const entries = entriesOf(bundle)
      if (entries.length !== widths[n]) throw new Refusal(`${paths[n]} does not hold ${widths[n]} entries`)
      for (const entry of entries) {
        await recomputed.add(entry)
        yield hexOf(entry)
      }
    }
    onProgress(Math.min(size, (first + READS_AT_ONCE) * TILE_WIDTH))
  }
}

/** The objects of a ledger as they follow from its entries, compared with those of the store. */
class Recomputed {
  readonly #store: ObjectStore
  readonly #folder: string
  readonly #comparisons = new InParallel(READS_AT_ONCE)
  readonly #objects = new LedgerObjects()
  readonly #sums = new Sums()
  readonly #list = new Sha256()
  readonly #findings: string[] = []
  /** The bundles that were read last, by their paths. They are compared without being read again. */
  #bundles: ReadonlyMap<string, Uint8Array> = new Map()

  constructor(store: ObjectStore, folder: string) {
    this.#store = store
    this.#folder = folder
  }

  async readBundles(paths: readonly string[]): Promise<Uint8Array[]> {
    const read = await Promise.all(paths.map((path) => this.#read(path)))
    this.#bundles = new Map(read.map((bytes, n) => [paths[n] ?? '', bytes]))
    this.#list.update(encoder.encode(this.#sums.take()))
    return read
  }

  async add(entry: Uint8Array): Promise<void> {
    for (const object of this.#objects.add(entry)) await this.#compare(object)
  }

  /** Returns a sentence for every object that differs. */
  async end(checkpoint: string): Promise<string[]> {
    for (const object of this.#objects.end()) await this.#compare(object)
    await this.#compare({ path: 'checkpoint', bytes: encoder.encode(checkpoint) })
    await this.#comparisons.end()
    this.#list.update(encoder.encode(this.#sums.take()))
    const { sha256 } = await hashOfObject(this.#store, `${this.#folder}/SHA256SUMS`)
    if (!sameBytes(sha256, this.#list.digest())) this.#findings.push('SHA256SUMS is not the list of its objects')
    return this.#findings
  }

  #read(path: string): Promise<Uint8Array> {
    return this.#store.get(`${this.#folder}/${path}`)
  }

  async #compare(object: LedgerObject): Promise<void> {
    this.#sums.add(object)
    const bundle = this.#bundles.get(object.path)
    await this.#comparisons.start(async () => {
      if (!sameBytes(bundle ?? (await this.#read(object.path)), object.bytes))
        this.#findings.push(`${object.path} is not what its entries lead to`)
    })
  }
}
