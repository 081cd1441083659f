import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findPostmaster, stopPostmaster } from '../../src/embedded-postgres/postmaster.ts'
import { RunningService, startService } from '../support/running-service.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** A day that does not end during the test. */
const DATE = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10)
const CALLERS = 8
const PID_FILE = 'postmaster.pid'

let parent: string
let data: string
let backup: string
let restored: string
/** Ledger entries of the ballots that were acknowledged before the backup began. */
let acknowledged: readonly string[]
/** Of the service that was backed up. */
let keys: unknown

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lottery-backup-'))
  ;[data, backup, restored] = [join(parent, 'data'), join(parent, 'backup'), join(parent, 'restored')]
})
afterAll(async () => {
  for (const folder of [data, restored]) {
    const server = await findPostmaster(join(folder, 'postgres')) // which outlives a killed service
    if (server) await stopPostmaster(server)
  }
  await rm(parent, { recursive: true, force: true })
})

describe('npm run backup, npm run restore', () => {
  it('back up a running service under load: its keys, and all ballots that were acknowledged before', async () => {
    await using service = await startService({ DATA_DIR: data })
    keys = (await service.get('/keys')).body
    await service.get('/audit/checkpoint') // which the service then keeps in its data folder
    const load = await submits(service)
    await vi.waitFor(() => expect(load.entries.length).toBeGreaterThan(200), { timeout: 20_000, interval: 20 })
    acknowledged = [...load.entries]
    const { code, output, errors } = await run('backup', [backup])
    const meanwhile = load.entries.length - acknowledged.length
    await load.stop()
    await signNewerCheckpoint(service)
    await service.stop()

    expect([code, errors]).toEqual([0, ''])
    expect(output).toMatch(/^ok {4}\S+, \d+ MB\n {6}It holds the password and the keys of the data folder/)
    expect(meanwhile).toBeGreaterThan(0)
    expect(await readdir(backup)).toEqual(
      expect.arrayContaining(['SHA256SUMS', 'ledger-signing-key', 'pgpass', 'postgres.tar', 'token-signing-key']),
    )
    expect((await stat(backup)).mode & 0o777).toBe(0o700)
    expect(await modesIn(backup)).toEqual(new Set(['600']))
  })

  it('restore it to another folder, and check what is stored', async () => {
    const { code, output, errors } = await run('restore', [backup, restored])

    expect([code, errors]).toEqual([0, ''])
    expect(output).toMatch(new RegExp(`^ok {4}${restored}, restored from ${backup}\nok {4}${DATE}, \\d+ ballots$`, 'm'))
    expect(output).toMatch(/^ok {4}audit log, \d+ entries$/m)
  })

  it('lose what came after the backup: with the checkpoint that was signed last, the service does not start', async () => {
    const kept = (await readdir(data)).find((name) => name.startsWith('audit-checkpoint-')) ?? ''
    await cp(join(data, kept), join(restored, kept))
    await using service = new RunningService({ DATA_DIR: restored })

    expect(await service.line(/"level":60|API {8}/)).toMatch(
      /The audit log of the database has \d+ entries, but a checkpoint of \d+ entries was signed/,
    )
    expect((await service.exit).code).toBe(1)
    await rm(join(restored, kept))
  })

  it('give a service that has the same keys and the acknowledged ballots, and goes on', async () => {
    await using service = await startService({ DATA_DIR: restored })
    const { body } = await service.get<string>(`/lotteries/${DATE}/ledger`)
    const ledger = new Set(body.split('\n'))
    const { status } = await submit(service, await register(service))

    expect(acknowledged.filter((entry) => !ledger.has(entry))).toEqual([])
    expect([status, (await service.get('/keys')).body]).toEqual([201, keys])
    await service.stop()
  })

  it('back up a stopped service too, and leave its server stopped', async () => {
    const { code } = await run('backup', [join(parent, 'second')], { DATA_DIR: restored })

    expect([code, await readdir(join(restored, 'postgres'))]).toEqual([0, expect.not.arrayContaining([PID_FILE])])
  })

  it('refuse folders that hold something, and change nothing there', async () => {
    const before = await readFile(join(backup, 'SHA256SUMS'), 'utf8')
    const answers = await Promise.all([run('backup', [backup]), run('restore', [backup, restored])])

    expect(answers.map(({ code, errors }) => [code, errors])).toEqual([
      [1, `FAIL  ${backup} is not empty: name a folder that is, or a new one\n`],
      [1, `FAIL  ${restored} is not empty: name a folder that is, or a new one\n`],
    ])
    expect(await readFile(join(backup, 'SHA256SUMS'), 'utf8')).toBe(before)
  })

  it('refuse wrong use with exit code 2, and the database of another server', async () => {
    const DATABASE_URL = 'postgres://ada:secret@db.example/lottery'
    const [wrong, other] = await Promise.all([
      run('restore', [backup]),
      run('backup', [join(parent, 'other')], { DATABASE_URL }),
    ])

    expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining('usage: npm run restore -- BACKUP FOLDER')])
    expect([other.code, other.errors]).toEqual([
      1,
      expect.stringMatching(/^FAIL {2}DATABASE_URL names a server of your own: /),
    ])
  })
})

/** Callers that submit one ballot after the other. `entries` are the ledger entries that were acknowledged so far. */
async function submits(service: RunningService) {
  const entries: string[] = []
  const user = await register(service)
  let stopped = false
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!stopped) {
      const { status, body } = await submit(service, user)
      expect(status).toBe(201)
      entries.push(body.entry)
    }
  })
  for (const caller of callers) caller.catch(() => {}) // `stop` throws its error
  return {
    entries,
    stop: async () => {
      stopped = true
      await Promise.all(callers)
    },
  }
}

async function register(service: RunningService): Promise<string> {
  return (await service.post<{ id: string }>('/users', { email: `${randomUUID()}@example.org` })).body.id
}

function submit(service: RunningService, user: string) {
  return service.post<{ entry: string }>('/lotteries/submit', { user_id: user, date: DATE })
}

async function run(
  file: 'backup' | 'restore',
  args: readonly string[],
  variables: Readonly<Record<string, string>> = { DATA_DIR: data },
) {
  const { PATH } = process.env
  const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/lottery-service')
  const env = { PATH, NODE_COMPILE_CACHE, ...variables }
  const child = spawn(process.execPath, [`src/cli/${file}.ts`, ...args], { cwd: ROOT, env, stdio: 'pipe' })
  const exit = once(child, 'exit')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await exit) as [number | null]
  return { code, output, errors }
}

/** Registers a user, and resolves when the service has signed a checkpoint of the audit log with the event of it. */
async function signNewerCheckpoint(service: RunningService): Promise<void> {
  const checkpoint = async () => (await service.get<string>('/audit/checkpoint')).body
  const before = await checkpoint()
  await register(service)
  await vi.waitFor(async () => expect(await checkpoint()).not.toBe(before), { timeout: 10_000, interval: 50 })
}

/** Permissions of everything in a folder, in octal digits. */
async function modesIn(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const states = await Promise.all(entries.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return new Set(states.map(({ mode }) => (mode & 0o777).toString(8)))
}
