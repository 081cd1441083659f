import { describe, expect, it } from 'vitest'
import { manifestNoteText, manifestOf, manifestText } from '../../../src/archive/domain/manifest.ts'
import { Month } from '../../../src/archive/domain/month.ts'
import { isSignedBy } from '../../../src/ledger/infrastructure/signed-note.ts'
import { SIGNER } from '../../support/ledger.ts'
import { sha256 } from '../../support/rfc6962.ts'

const MONTH = Month.parse('2026-09')
const hash = (byte: number) => Buffer.alloc(32, byte)
const object = (key: string, byte: number) => ({ key, sha256: hash(byte), size: 10 * byte })
const FACTS = {
  private: [{ rows: 3, ...object('ballots/lottery_year=2026/lottery_month=09/ballots.parquet', 6) }],
  events: { count: 12, ...object('events/2026-09.ndjson', 5) },
  lotteries: [
    {
      evidence: object('evidence/2026-09-21.json', 4),
      ledger: { bytes: 480, objects: 3, ...object('ledger/2026-09-21/SHA256SUMS', 3) },
      sealHash: hash(2),
      root: hash(1),
      ballotCount: 3,
      date: '2026-09-21',
    },
  ],
  ledgerName: SIGNER.name,
  month: MONTH,
}
const hex = (byte: number) => `0${byte}`.repeat(32)
const TEXT = `{
  "format": "lottery-archive-v1",
  "month": "2026-09",
  "ledger_name": "lottery.local",
  "lotteries": [
    {
      "date": "2026-09-21",
      "ballot_count": 3,
      "root": "${hex(1)}",
      "seal_hash": "${hex(2)}",
      "ledger": {
        "key": "ledger/2026-09-21/SHA256SUMS",
        "sha256": "${hex(3)}",
        "size": 30,
        "objects": 3,
        "bytes": 480
      },
      "evidence": {
        "key": "evidence/2026-09-21.json",
        "sha256": "${hex(4)}",
        "size": 40
      }
    }
  ],
  "events": {
    "key": "events/2026-09.ndjson",
    "sha256": "${hex(5)}",
    "size": 50,
    "count": 12
  },
  "private": [
    {
      "key": "ballots/lottery_year=2026/lottery_month=09/ballots.parquet",
      "sha256": "${hex(6)}",
      "size": 60,
      "rows": 3
    }
  ]
}
`

describe('a manifest', () => {
  it('has the same bytes for the same facts, in whatever order they come', () => {
    expect(manifestText(FACTS)).toBe(TEXT)
  })

  it('is read back', () => {
    expect(manifestOf(TEXT)).toEqual(JSON.parse(TEXT))
    expect(manifestOf(TEXT).lotteries[0]?.ledger.key).toBe('ledger/2026-09-21/SHA256SUMS')
  })

  it('of a month without lotteries lists none', () => {
    expect(manifestText({ ...FACTS, lotteries: [] })).toContain('\n  "lotteries": [],\n')
  })

  it('is signed by a note that names the ledger, the month and its hash', () => {
    const text = manifestNoteText(SIGNER.name, MONTH, sha256(Buffer.from(TEXT)))
    const note = SIGNER.signText(text)

    expect(text).toBe(
      `lottery-archive-v1\nlottery.local/archive/2026-09\n${sha256(Buffer.from(TEXT)).toString('hex')}\n`,
    )
    expect(isSignedBy(note, SIGNER.verifierKey)).toBe(true)
    expect(isSignedBy(note.replace('2026-09', '2026-08'), SIGNER.verifierKey)).toBe(false)
  })
})
