import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RunningService } from '../../tests/support/running-service.ts'
import type { TestClock } from '../../tests/support/test-clock.ts'
import { Transcript } from './transcript.ts'

const VERIFIER = fileURLToPath(new URL('../../src/verify/main.ts', import.meta.url))

export interface Stage {
  readonly service: RunningService
  /** The database's clock: some seconds before the end of `date`. */
  readonly clock: TestClock
  readonly date: string
  /** That of the close endpoint. */
  readonly token: string
}

export async function tellTheStory({ service, clock, date, token }: Stage): Promise<void> {
  const { chapter, get, post, name } = new Transcript(service)
  const close = { path: `/lotteries/close?date=${date}`, show: ['status', 'winner_ballot_id'] }
  const submit = (who: string) => ({ path: '/lotteries/submit', note: who, body: { user_id: users.get(who), date } })
  const users = new Map<string, string>()

  chapter('Four people register')
  for (const who of ['Ada', 'Grace', 'Edsger', 'Mallory']) {
    const email = `${who.toLowerCase()}@example.org`
    const { id } = await post({ path: '/users', note: who, body: { email, name: who }, expect: 201, show: ['id'] })
    users.set(who, name(id, who))
  }

  chapter('Mallory is banned')
  await post({ path: `/users/${users.get('Mallory')}/ban`, expect: 204 })

  chapter('They hand in ballots; that of a banned user is refused')
  for (const who of ['Ada', 'Grace', 'Edsger']) await post({ ...submit(who), expect: 201, show: ['ordinal', 'id'] })
  await post({ ...submit('Mallory'), expect: 403, show: ['code'] })

  chapter('Grace hands in another, hears no answer and tries again: it is the same ballot')
  const retried = {
    ...submit('Grace'),
    headers: { 'idempotency-key': 'once-more' },
    expect: 201,
    show: ['ordinal', 'id'],
  }
  const receipt = await post(retried)
  same(receipt, await post(retried), 'the retry made another ballot')

  chapter('The lottery is open, and nobody can end it before its day is over')
  await get({ path: `/lotteries/${date}`, expect: 200, show: ['status', 'ballot_count'] })
  await get({ path: `/lotteries/winner?date=${date}`, expect: 404, show: ['code'] })
  await post({ ...close, note: 'no token', expect: 403, show: ['code'] })
  await post({ ...close, note: 'token', headers: { 'x-internal-token': token }, expect: 409, show: ['code'] })

  chapter('Midnight: the service closes the lottery by itself')
  await midnight(clock, date)
  await service.line(/lottery closed/)
  const closed = await get({ path: `/lotteries/${date}`, expect: 200, show: ['status', 'closed_at'] })

  chapter('One ballot has won, whoever asks and however often')
  const winner = { path: `/lotteries/winner?date=${date}`, expect: 200, show: ['user_id', 'ordinal', 'id'] }
  const won = await get(winner)
  same(won, await get(winner), 'the winner changed')
  const again = await post({ ...close, note: 'token', headers: { 'x-internal-token': token }, expect: 200 })
  same(again, closed, 'closing again changed the lottery')
  same(again.winner_ballot_id, won.id, 'closing again named another winner')

  chapter('Nobody has to believe that: the evidence is enough to draw it again, offline')
  await verify(service, date, receipt)

  chapter('It is over: a ballot that comes now is refused')
  await post({ ...submit('Ada'), expect: 409, show: ['code'] })
}

/** Saves what anybody can get, and checks it with the verifier, which knows nothing of the service. */
async function verify({ url }: RunningService, date: string, receipt: object): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-evidence-'))
  const files = ['evidence.json', 'ledger.txt', 'receipt.json'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ]
  const saved = async (path: string) => (await fetch(`${url}/lotteries/${date}/${path}`)).text()
  try {
    await writeFile(files[0], await saved('evidence'))
    await writeFile(files[1], await saved('ledger'))
    await writeFile(files[2], JSON.stringify(receipt))
    console.log("  npm run verify -- evidence.json --ledger ledger.txt --receipt receipt.json    (Grace's)\n")
    const [evidence, ledger, own] = files
    const { stdout } = await promisify(execFile)(process.execPath, [
      VERIFIER,
      evidence,
      '--ledger',
      ledger,
      '--receipt',
      own,
    ])
    console.log(stdout.trimEnd().replaceAll(/^(?=.)/gm, '  '))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Returns as that clock strikes. */
async function midnight(clock: TestClock, date: string): Promise<void> {
  const at = Date.parse(date) + 86_400_000
  const left = at - (await clock.now())
  if (left <= 0) throw new Error('Midnight passed before the story got there: this machine is too busy for it.')
  console.log(`  ${(left / 1_000).toFixed(1)} s to go by the database's clock ...`)
  await setTimeout(left)
}

function same(one: unknown, other: unknown, otherwise: string): void {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)]
  if (left !== right) throw new Error(`${otherwise}: ${left} and ${right}`)
}
