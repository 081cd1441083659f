import type { ReadAuditLog } from '../audit-log/application/read-audit-log.ts'
import type { FindEvidence } from '../lottery/application/find-evidence.ts'
import type { FindFate } from '../lottery/application/find-fate.ts'
import type { FindLottery } from '../lottery/application/find-lottery.ts'
import type { ListBallots } from '../lottery/application/list-ballots.ts'
import type { ListLotteries } from '../lottery/application/list-lotteries.ts'
import type { Clock } from '../shared/application/clock.ts'

/** The use cases that pages show. */
export interface PageParts {
  readonly findLottery: FindLottery
  readonly listLotteries: ListLotteries
  readonly listBallots: ListBallots
  readonly findEvidence: FindEvidence
  readonly findFate: FindFate
  readonly readAuditLog: ReadAuditLog
}

export interface PageSettings {
  readonly clock: Clock
  /** URL or address where faults are reported; undefined: there is no security.txt. */
  readonly securityContact: string | undefined
}
