import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ed25519CheckpointSigner } from '../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { SIGNER } from '../support/ledger.ts'
import { startService } from '../support/running-service.ts'
import { openSoundDatabase, type SoundDatabase } from '../support/sound-database.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REPORTS = `ok    2031-05-17, 10 ballots
ok    2031-05-16, 300 ballots
ok    2031-05-15, 0 ballots
ok    2031-05-14, 20 ballots
ok    2031-05-13, 2 ballots
ok    chain of 4 seals
ok    no rows without a lottery
ok    6 users
ok    ledger key
ok    audit log, 23 entries
`

let folder: string
let database: SoundDatabase
let note: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-check-'))
  database = await openSoundDatabase()
  note = await database.replica.auditLog.readAuditLog.checkpoint()
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

describe('npm run check:stored', () => {
  it('reports a sound database with exit code 0, and no progress where standard error is no terminal', async () => {
    expect(await check('--all')).toEqual({ code: 0, output: REPORTS, errors: '' })
  })

  it('checks one lottery, and what all lotteries have in common', async () => {
    const { code, output } = await check('2031-05-16')

    expect([code, output.split('\n')[0]]).toEqual([0, 'ok    2031-05-16, 300 ballots'])
    expect(output).not.toContain('2031-05-14')
    expect(output).toContain('audit log, 23 entries')
  })

  it('reports a checkpoint that agrees', async () => {
    const { code, output } = await check('--all', '--checkpoint', await file('kept', note))

    expect([code, output]).toEqual([0, expect.stringMatching(/^ok {4}kept checkpoint of 23 entries$/m)])
  })

  it('finds that a checkpoint is of other entries, of another log, or not signed by the key', async () => {
    const root = Buffer.alloc(32, 1)
    const forged = SIGNER.sign({ origin: 'lottery.local/audit', size: 9, root })
    const ofLottery = SIGNER.sign({ origin: 'lottery.local/2031-05-16', size: 9, root })
    const stranger = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 1))
    const unsigned = stranger.sign({ origin: 'lottery.local/audit', size: 9, root })
    const answers = await Promise.all(
      [forged, ofLottery, unsigned].map(async (kept, n) =>
        check('2031-05-15', '--checkpoint', await file(`wrong-${n}`, kept)),
      ),
    )

    expect(answers.map(({ code }) => code)).toEqual([1, 1, 1])
    expect(answers[0]?.output).toContain('      the kept checkpoint of 9 entries is one of other entries\n')
    expect(answers[1]?.output).toContain('is one of lottery.local/2031-05-16, not of lottery.local/audit\n')
    expect(answers[2]?.output).toContain('      the kept checkpoint is not signed by lottery.local+')
  })

  it('refuses wrong use with exit code 2', async () => {
    const uses = [[], ['--all', '2031-05-16']]
    const files = [['--all', '--checkpoint', await file('no', 'note')]]
    const answers = await Promise.all([...uses, ...files].map((use) => check(...use)))

    expect(answers.map(({ code, output }) => [code, output])).toEqual(answers.map(() => [2, '']))
    for (const { errors } of answers) expect(errors).toContain('usage: npm run check:stored')
  })

  it('reports differences with exit code 1, 20 of them at most', async () => {
    await database.service.query(`
      set session_replication_role = replica;
      update ballots set submitted_at = submitted_at + interval '9 days' where lottery_date = '2031-05-16'`)
    const { code, output } = await check('2031-05-16')

    expect(code).toBe(1)
    expect(output).toMatch(/^FAIL {2}2031-05-16, 300 ballots\n {6}stored subtree 0 of level 8 /)
    expect(output.match(/^ {6}ballot \d+ was submitted after the lottery's day$/gm)).toHaveLength(18)
    expect(output).toMatch(/^ {6}and \d+ more differences$/m)
  })

  it('reports an unknown date with exit code 1', async () => {
    expect(await check('2031-01-01')).toMatchObject({ code: 1, errors: expect.stringContaining('FAIL') as string })
  })

  it('checks the embedded database beside its running service, and without it', async () => {
    const data = { DATA_DIR: join(folder, 'data') }
    const service = await startService(data)
    const { body } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    await service.post('/lotteries/submit', { user_id: body.id })
    const beside = await run(['--all'], data)
    const { status } = await service.get('/health/ready')
    const stopped = await service.stop()
    const alone = await run(['--all'], data)

    expect([beside.code, status, stopped.code, alone.code]).toEqual([0, 200, 0, 0])
    expect(beside.output).toMatch(/^ok {4}\S+, 1 ballots$/m)
    expect(alone.output).toMatch(/^ok {4}audit log, 3 entries$/m)
  })
})

function check(...args: readonly string[]) {
  return run(args, { DATABASE_URL: database.service.url })
}

async function run(args: readonly string[], variables: Readonly<Record<string, string>>) {
  const { PATH } = process.env
  const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/lottery-service')
  const env = { PATH, NODE_COMPILE_CACHE, ...variables }
  const child = spawn(process.execPath, ['src/cli/check-stored.ts', ...args], { cwd: ROOT, env, stdio: 'pipe' })
  const exit = once(child, 'exit')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await exit) as [number | null]
  return { code, output, errors }
}

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}
