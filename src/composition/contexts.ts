import { type AccessSettings, composeAccess } from '../access/index.ts'
import { type AuditLogSurroundings, composeAuditLog } from '../audit-log/index.ts'
import { composeLottery, type LotterySurroundings } from '../lottery/index.ts'
import { AuditLogTrail } from '../lottery/infrastructure/audit-log-trail.ts'
import type { UserId } from '../shared/domain/user-id.ts'
import type { ServiceSecrets } from '../shared/infrastructure/service-secrets.ts'
import { traceUseCases } from '../shared/infrastructure/trace-use-cases.ts'
import { composeUser } from '../user/index.ts'
import type { Storage } from './storage.ts'

/** Everything outside of the contexts, besides storage. */
export interface Surroundings
  extends Omit<LotterySurroundings, 'participants' | 'auditTrail' | 'ballotIdSecret'>,
    AuditLogSurroundings {
  readonly access: AccessSettings
  readonly secrets: ServiceSecrets
  /** Ed25519 seed of the tokens that the service issues itself. Undefined: another issuer is configured. */
  readonly tokenSeed: Uint8Array | undefined
  /** Takes a forgotten user out of the archive. By default, nothing is archived. */
  readonly forgetArchived?: (userId: UserId) => Promise<boolean>
}

/** Constructs the contexts over any storage. */
export function compose(storage: Storage, surroundings: Surroundings) {
  const { secrets, tokenSeed, tracer, log, metrics } = surroundings
  const user = composeUser(storage.user, {
    forgetBallots: (userId: UserId): Promise<boolean> => lottery.forgetBallots.execute(userId),
    forgetArchived: surroundings.forgetArchived ?? (async () => true),
    metrics,
    log,
  })
  const auditLog = composeAuditLog(storage.auditLog, surroundings)
  const lottery = composeLottery(storage.lottery, {
    ...surroundings,
    participants: participantsOf(user),
    auditTrail: new AuditLogTrail(auditLog),
    ballotIdSecret: secrets.ballotIds,
  })
  const access = composeAccess(surroundings.access, {
    tokenSeed,
    pseudonymKey: secrets.pseudonyms,
    ownUserOf: (identity) => user.ownUserIds.of(identity),
    log,
  })
  if (tracer) for (const parts of [user, lottery, auditLog]) traceUseCases(tracer, parts, ['closeDueLotteries'])
  return { user, lottery, auditLog, access, metrics }
}

/** Answers the lottery's questions about its participants. */
export function participantsOf({
  standings,
}: Pick<ReturnType<typeof composeUser>, 'standings'>): LotterySurroundings['participants'] {
  return { standings: (userIds) => standings.of(userIds), banned: () => standings.banned() }
}
