import { expect, it } from 'vitest'
import { receiptJson } from '../../../src/lottery/api/receipt-json.ts'
import { receiptSchema, toReceiptBody } from '../../../src/lottery/api/receipt-schema.ts'
import type { BallotId } from '../../../src/lottery/domain/ballot.ts'
import { entered } from '../../../src/lottery/domain/ledger-entry.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { date } from '../../support/builders.ts'

const BALLOT = entered({
  id: '0190f5fe-7c00-7a00-8000-000000000001' as BallotId,
  userId: '0190f5fe-7c00-7a00-8000-000000000002' as UserId,
  lotteryDate: date('2031-05-14'),
  ordinal: 17,
  salt: new Uint8Array(16).fill(3),
  submittedAt: Date.parse('2031-05-14T12:00:00Z'),
})

it('a receipt as JSON in ASCII is the receipt, also when the one before had another checkpoint', () => {
  for (const checkpoint of [
    'lottery.local/2031-05-14\n17\n"\\é𝄞\n\n— lottery.local AAAA\n',
    '— other\n',
    '— other\n',
  ]) {
    const json = receiptJson(BALLOT, checkpoint)

    expect(json).toMatch(/^[ -~]+$/)
    expect(receiptSchema.parse(JSON.parse(json))).toEqual(toReceiptBody(BALLOT, checkpoint))
    expect(JSON.parse(json)).toEqual(toReceiptBody(BALLOT, checkpoint))
  }
})
