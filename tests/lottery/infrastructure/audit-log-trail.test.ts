import { beforeEach, describe, expect, it } from 'vitest'
import { DrawLottery } from '../../../src/lottery/application/draw-lottery.ts'
import { QUICKNET } from '../../../src/lottery/domain/entropy.ts'
import type { LotteryState } from '../../../src/lottery/domain/lottery-state.ts'
import { AuditLogTrail } from '../../../src/lottery/infrastructure/audit-log-trail.ts'
import { aSubmit, CAUSE, TODAY } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let trail: AuditLogTrail

beforeEach(async () => {
  parts = memoryParts()
  trail = new AuditLogTrail(parts.auditLog)
  await parts.lottery.submitBallots.execute([aSubmit({ userId: await parts.register() })])
  parts.clock.advance({ days: 1 })
  await parts.lottery.sealLottery.execute(TODAY, CAUSE)
})

describe('the seal of a lottery', () => {
  it('is fixed once its event is in the audit log', async () => {
    const before = await trail.isSealFixed(TODAY)

    await trail.append()

    expect([before, await trail.isSealFixed(TODAY)]).toEqual([false, true])
  })

  it('is not fixed while witnesses have not cosigned it', async () => {
    let isCosigned = false
    const { auditLog } = parts
    const waiting = new AuditLogTrail({
      sequenceNow: () => auditLog.sequenceNow(),
      proveEvents: {
        locate: (aggregate) => auditLog.proveEvents.locate(aggregate),
        prove: (indexes, size) => auditLog.proveEvents.prove(indexes, size),
        witnessed: (index) => auditLog.proveEvents.witnessed(index),
        isFixed: async () => isCosigned,
        hasWitnesses: true,
      },
    })
    const until = waiting.untilSealsAreFixed([TODAY])
    const before = await waiting.isSealFixed(TODAY)
    isCosigned = true
    await until

    expect([before, await waiting.isSealFixed(TODAY)]).toEqual([false, true])
  })
})

describe('the trail of a lottery', () => {
  it('is missing until the closed event is in the audit log', async () => {
    await trail.append()

    expect(await trail.ofLottery(TODAY)).toBeUndefined()
  })

  it('never changes without witnesses, however the log grows', async () => {
    await parts.lottery.closeLottery.execute(TODAY, CAUSE)
    const first = await trail.ofLottery(TODAY)
    await parts.register()
    await trail.append()

    expect(first).toMatchObject({ isFinal: true, witnessed: null })
    expect(first && [first.created.index, first.sealed.index, first.closed.index]).toEqual([1, 2, 3])
    expect(await trail.ofLottery(TODAY)).toEqual(first)
  })
})

describe('a draw', () => {
  it('waits while another replica has not appended the seal to the audit log', async () => {
    const { lotteries, auditLog } = parts.stores
    const beacon = { chain: QUICKNET, signatureOf: async () => undefined }
    const drawLottery = new DrawLottery(lotteries.unitOfWork, beacon, trail)
    auditLog.lockedBy = Symbol('another replica')
    await trail.append()
    const sealed = (await lotteries.queries.find(TODAY)) as LotteryState

    const waiting = await drawLottery.execute(sealed, CAUSE)
    auditLog.lockedBy = undefined
    await trail.append()
    const drawn = await drawLottery.execute(sealed, CAUSE)

    expect(waiting).toEqual(sealed)
    expect(drawn.draw?.winner?.ordinal).toBe(1)
  })
})
