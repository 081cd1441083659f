import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RunningService } from '../../tests/support/running-service.ts'
import type { TestClock } from '../../tests/support/test-clock.ts'
import { Transcript } from './transcript.ts'

const VERIFIER = fileURLToPath(new URL('../../src/verify/main.ts', import.meta.url))

/** Exit code of the verifier when all facts agree, but only the operator can know that they were not chosen. */
const RE_COMPUTES = 3

export interface StorySetting {
  readonly service: RunningService
  /** Clock of the database, some seconds before the end of `date`. */
  readonly clock: TestClock
  readonly date: string
  /** Token of the close endpoint. */
  readonly token: string
  /** Access token of an operator. */
  readonly operatorToken: string
}

export async function playStory({ service, clock, date, token, operatorToken }: StorySetting): Promise<void> {
  const { chapter, get, post, name } = new Transcript(service)
  const close = { path: `/lotteries/close?date=${date}`, show: ['status', 'winner_ballot_id'] }
  const submit = (user: string) => ({ path: '/lotteries/submit', note: user, body: { user_id: users.get(user), date } })
  const users = new Map<string, string>()

  chapter('Four users register')
  for (const user of ['Ada', 'Grace', 'Edsger', 'Mallory']) {
    const email = `${user.toLowerCase()}@example.org`
    const { id } = await post({ path: '/users', note: user, body: { email, name: user }, expect: 201, show: ['id'] })
    users.set(user, name(id, user))
  }

  chapter('An operator bans Mallory; without a token, no one can ban')
  const ban = { path: `/users/${users.get('Mallory')}/ban` }
  const asOperator = { authorization: `Bearer ${operatorToken}` }
  await post({ ...ban, note: 'no token', expect: 401, show: ['code'] })
  await post({ ...ban, note: 'operator', headers: asOperator, expect: 204 })

  chapter('Everyone can see that Mallory is banned, and only an operator sees her name and e-mail address')
  const mallory = { path: `/users/${users.get('Mallory')}`, expect: 200 }
  await get({ ...mallory, note: 'no token', show: ['banned_at', 'name', 'email'] })
  await get({ ...mallory, note: 'operator', headers: asOperator, show: ['name', 'email'] })

  chapter('The users submit ballots; the ballot of a banned user is refused')
  for (const user of ['Ada', 'Grace', 'Edsger']) await post({ ...submit(user), expect: 201, show: ['ordinal', 'id'] })
  await post({ ...submit('Mallory'), expect: 403, show: ['code'] })

  chapter('Grace submits another ballot, receives no response and retries: the ballot is the same')
  const retried = {
    ...submit('Grace'),
    headers: { 'idempotency-key': 'once-more' },
    expect: 201,
    show: ['ordinal', 'id'],
  }
  const receipt = await post(retried)
  requireSame(receipt, await post(retried), 'the retry created another ballot')

  chapter('The lottery is open, and cannot be closed before its day is over')
  await get({ path: `/lotteries/${date}`, expect: 200, show: ['status', 'ballot_count'] })
  await get({ path: `/lotteries/winner?date=${date}`, expect: 404, show: ['code'] })
  await post({ ...close, note: 'no token', expect: 401, show: ['code'] })
  await post({ ...close, note: 'token', headers: { 'x-internal-token': token }, expect: 409, show: ['code'] })

  chapter('Midnight: the service closes the lottery by itself')
  await waitForMidnight(clock, date)
  await service.line(/lottery closed/)
  const closed = await get({ path: `/lotteries/${date}`, expect: 200, show: ['status', 'closed_at'] })

  chapter('One ballot has won, and every request returns that ballot')
  const winner = { path: `/lotteries/winner?date=${date}`, expect: 200, show: ['user_id', 'ordinal', 'id'] }
  const won = await get(winner)
  requireSame(won, await get(winner), 'the winner changed')
  const again = await post({ ...close, note: 'token', headers: { 'x-internal-token': token }, expect: 200 })
  requireSame(again, closed, 'closing again changed the lottery')
  requireSame(again.winner_ballot_id, won.id, 'closing again named another winner')

  chapter('The evidence is enough to check the draw offline')
  await verify(service, date, receipt)

  chapter('The lottery is closed: another ballot is refused')
  await post({ ...submit('Ada'), expect: 409, show: ['code'] })
}

/** Saves what is public about the draw, and checks it and a receipt with the verifier. Its verdict is 3: re-computes. */
async function verify({ url }: RunningService, date: string, receipt: object): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-evidence-'))
  const save = async (file: string, path: string) =>
    writeFile(join(folder, file), await (await fetch(`${url}${path}`)).text())
  try {
    await save('evidence.json', `/lotteries/${date}/evidence`)
    await save('ledger.txt', `/lotteries/${date}/ledger`)
    await save('audit.ndjson', '/audit/log')
    await writeFile(join(folder, 'receipt.json'), JSON.stringify(receipt))
    const { verifier_key: key } = (await (await fetch(`${url}/keys`)).json()) as { verifier_key: string }
    const options = ['--key', key, '--audit-log', 'audit.ndjson', '--ledger', 'ledger.txt', '--receipt', 'receipt.json']
    console.log(`  npm run verify -- evidence.json ${options.join(' ')}    (the receipt of Grace)\n`)
    const verifying = execFile(process.execPath, [VERIFIER, 'evidence.json', ...options], { cwd: folder })
    verifying.stdout?.on('data', (text: string) => process.stdout.write(text.replaceAll(/^(?=.)/gm, '  ')))
    const [verdict] = (await once(verifying, 'close')) as [number]
    if (verdict !== RE_COMPUTES) throw new Error(`the verifier ended with ${verdict}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Waits until midnight by the database's clock. */
async function waitForMidnight(clock: TestClock, date: string): Promise<void> {
  const at = Date.parse(date) + 86_400_000
  const left = at - (await clock.now())
  if (left <= 0)
    throw new Error('midnight passed before the demo reached it: run the demo again on a less busy machine')
  console.log(`  waiting ${(left / 1_000).toFixed(1)} s until midnight by the database's clock ...`)
  await setTimeout(left)
}

function requireSame(actual: unknown, expected: unknown, difference: string): void {
  const [actualJson, expectedJson] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (actualJson !== expectedJson) throw new Error(`${difference}: ${actualJson} and ${expectedJson}`)
}
