import { sha256 } from '../../ledger/domain/sha256.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { Archive } from '../domain/archive.ts'
import { ArchiveBroken, MonthNotReady } from '../domain/errors.ts'
import { Month } from '../domain/month.ts'
import type { ArchiveSession } from './archives.ts'
import type { ExportMonth } from './export-month.ts'
import type { ArchiveTrail, MonthSource } from './month-source.ts'
import type { OnProgress } from './progress.ts'
import type { VerifyMonth } from './verify-month.ts'

const DAY_MS = 86_400_000

/**
 * Moves a month to the store, and out of the database once it was found whole there. The state is stored after every step. A
 * step that was interrupted is done again, with the same result.
 */
export class ArchiveMonth {
  readonly #source: MonthSource
  readonly #exportMonth: ExportMonth
  readonly #verifyMonth: VerifyMonth
  readonly #trail: ArchiveTrail
  readonly #graceDays: number

  /** `graceDays` are the days that the rows stay in the database, detached, before they are dropped. */
  constructor(
    source: MonthSource,
    exportMonth: ExportMonth,
    verifyMonth: VerifyMonth,
    trail: ArchiveTrail,
    graceDays: number,
  ) {
    this.#source = source
    this.#exportMonth = exportMonth
    this.#verifyMonth = verifyMonth
    this.#trail = trail
    this.#graceDays = graceDays
  }

  /**
   * Returns the month's archive, as far as it came. A month in its grace stays `detached`.
   *
   * @throws MonthNotReady | ArchiveBroken | ArchiveUnavailable | ObjectConflict
   */
  async execute(month: Month, session: ArchiveSession, onProgress: OnProgress): Promise<Archive> {
    await session.partitions.requireOwner()
    const archive = (await session.find(month)) ?? Archive.begin(month, await session.now())
    const wasVerified = archive.status === 'verified' || archive.status === 'detached'
    if (archive.status === 'exporting' || archive.status === 'restored')
      await this.#upload(archive, session, onProgress)
    if (archive.status === 'uploaded') await this.#verify(archive, session, onProgress)
    if (archive.status === 'verified') await this.#detach(archive, session)
    if (archive.status === 'detached') await this.#drop(archive, session, { wasVerified, onProgress })
    return archive
  }

  /** Returns, in sentences, why the month cannot be archived yet. */
  async obstacles(month: Month, session: ArchiveSession): Promise<readonly string[]> {
    const isOver = month < Month.ofDate(new Date(await session.now()).toISOString())
    return [...(isOver ? [] : ['it is not over']), ...(await this.#source.obstacles(month))]
  }

  async #upload(archive: Archive, session: ArchiveSession, onProgress: OnProgress): Promise<void> {
    const { month, manifest } = archive.state
    const obstacles = await this.obstacles(month, session)
    if (obstacles.length > 0) throw new MonthNotReady(month, obstacles)
    await this.#requireSound(month, onProgress)
    if (archive.status === 'exporting') await session.save(archive)
    const text = await this.#exportMonth.execute(month, manifest?.text, onProgress)
    archive.upload({ text, hash: sha256(new TextEncoder().encode(text)) })
    await session.save(archive)
  }

  /** Recomputes what the database holds, so that nothing wrong is put under a lock. */
  async #requireSound(month: Month, onProgress: OnProgress): Promise<void> {
    const findings: string[] = []
    for (const { date, ballotCount } of await this.#source.lotteries(month)) {
      const found = await this.#source.check(date, (ballots) => onProgress(`check of ${date}`, ballots, ballotCount))
      findings.push(...found.map((finding) => `${date}: ${finding}`))
    }
    if (findings.length > 0) throw new ArchiveBroken(month, findings)
  }

  /** The manifest is stored before it is put: what is under a lock is never to be made again from other facts. */
  async #verify(archive: Archive, session: ArchiveSession, onProgress: OnProgress): Promise<void> {
    const { month, manifest } = archive.state
    await this.#exportMonth.putManifest(month, manifest?.text ?? '')
    await this.#requireWhole(archive, onProgress)
    const lotteries = await this.#source.lotteries(month)
    const ballots = lotteries.reduce((sum, { ballotCount }) => sum + ballotCount, 0)
    archive.verify({ lotteries: lotteries.length, ballots }, await session.now(), CAUSED_BY_SERVICE)
    await session.save(archive)
  }

  /** Reads the month back from the store. */
  async #requireWhole({ state }: Archive, onProgress: OnProgress): Promise<void> {
    const findings = await this.#verifyMonth.execute(state, onProgress)
    if (findings.length > 0) throw new ArchiveBroken(state.month, findings)
  }

  async #detach(archive: Archive, session: ArchiveSession): Promise<void> {
    const { month } = archive.state
    if (!(await this.#trail.isFixed(Archive.aggregateOf(month))))
      throw new MonthNotReady(month, ['its event is not in the audit log, or not cosigned'])
    for (const { date } of await this.#source.lotteries(month)) await this.#source.keepEvidence(date)
    await session.partitions.detach(month)
    archive.detach(await session.now())
    await session.save(archive)
  }

  /** Drops the rows at the end of the grace. What an earlier run verified must be whole in the store still. */
  async #drop(
    archive: Archive,
    session: ArchiveSession,
    { wasVerified, onProgress }: { readonly wasVerified: boolean; readonly onProgress: OnProgress },
  ): Promise<void> {
    if (!archive.drop(await session.now(), this.#graceDays * DAY_MS)) return
    if (wasVerified) await this.#requireWhole(archive, onProgress)
    await session.partitions.drop(archive.state.month)
    await session.save(archive)
  }
}
