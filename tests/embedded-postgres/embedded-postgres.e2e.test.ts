import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'

const isRoot = process.getuid?.() === 0
const children: ChildProcess[] = []
const servers: EmbeddedPostgres[] = []
let template = ''
let folder = ''
/** Folder with a stopped, empty cluster. */
let dataDir = ''

// A first start takes a second. So it happens once, and each test gets a copy of its folder.
beforeAll(async () => {
  template = await openFolder()
  const server = await startEmbeddedPostgres(join(template, 'data'), { durable: false })
  await server.stop()
})

beforeEach(async () => {
  folder = await openFolder()
  dataDir = join(folder, 'data')
  execFileSync('cp', ['-a', join(template, 'data'), dataDir])
})

afterAll(() => rm(template, { recursive: true, force: true }))

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  for (const server of servers.splice(0)) await server.stop()
  const leftBehind = postgresProcesses()
  await rm(folder, { recursive: true, force: true })
  expect(leftBehind).toEqual([])
})

describe('an embedded PostgreSQL', () => {
  it('keeps its data from stop to start', async () => {
    const first = await start()
    await write(first.url, 'kept')
    await first.stop()

    const second = await start()

    expect(await read(second.url)).toEqual(['kept'])
  })

  it('has exited when stop() resolves, also when stop() is called again', async () => {
    const server = await start()
    expect(postgresProcesses()).toHaveLength(1)

    await Promise.all([server.stop(), server.stop()])
    await server.stop()

    expect(postgresProcesses()).toEqual([])
  })

  it('shows its password only in the url, and keeps it in a file that others cannot read', async () => {
    dataDir = join(folder, 'new')
    const server = await start()
    const password = new URL(server.url).password
    const passfile = join(dataDir, 'pgpass')

    expect(await readFile(passfile, 'utf8')).toBe(`127.0.0.1:*:*:lottery:${password}\n`)
    expect((await stat(passfile)).mode & 0o777).toBe(0o600)
    expect(server.hint).not.toContain(password)
    expect(postgresProcesses().join()).not.toContain(password)
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password)
    await expect(query(server.url.replace(password, 'wrong'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('runs with the default settings, unless the caller overrides them', async () => {
    const server = await startEmbeddedPostgres(dataDir, { durable: true, settings: { max_connections: '20' } })
    servers.push(server)

    const names = ['max_connections', 'TimeZone', 'fsync', 'synchronous_commit', 'listen_addresses', 'server_encoding']
    const rows = await query<{ setting: string }>(
      server.url,
      'SELECT setting FROM unnest($1::text[]) WITH ORDINALITY AS n (name, i) JOIN pg_settings USING (name) ORDER BY i',
      [names],
    )

    expect(rows.map((row) => row.setting)).toEqual(['20', 'UTC', 'on', 'on', '127.0.0.1', 'UTF8'])
  })

  it('reports the output of PostgreSQL when the start fails', async () => {
    const starting = startEmbeddedPostgres(dataDir, { durable: false, settings: { work_mem: 'plenty' } })

    await expect(starting).rejects.toThrow(/could not start PostgreSQL.*work_mem/s)
  })
})

describe('starting after a crash', () => {
  it('adopts the server that a killed service left running', async () => {
    const service = await startService()
    await write(service.url, 'kept')
    const [orphan] = postgresProcesses()
    await kill(service.child)

    const server = await start()

    expect(postgresProcesses()).toEqual([orphan])
    expect(await read(server.url)).toEqual(['kept'])
  })

  it('recovers the data of a server that was killed', async () => {
    const server = await startEmbeddedPostgres(dataDir)
    servers.push(server)
    await write(server.url, 'kept')
    process.kill(await postmasterPid(), 'SIGKILL')

    const next = await start()

    expect(await read(next.url)).toEqual(['kept'])
  })

  it('starts despite a pid file whose process is dead', async () => {
    const pidFile = await leaveCluster()
    const gone = spawn('true')
    await once(gone, 'exit')
    await leavePidFile(pidFile, gone.pid)

    const server = await start()

    expect(await read(server.url)).toEqual(['kept'])
  })

  it('starts despite a pid file whose pid belongs to another program', async () => {
    const pidFile = await leaveCluster()
    // The program runs as the server's own user, the case in which PostgreSQL itself would refuse to start.
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    const otherProgram = spawn('sleep', ['60'], { cwd: '/', ...(isRoot ? { uid, gid } : {}) })
    children.push(otherProgram)
    await leavePidFile(pidFile, otherProgram.pid)

    const server = await start()

    expect(await read(server.url)).toEqual(['kept'])
    expect(otherProgram.exitCode ?? otherProgram.signalCode).toBeNull()
  })

  it('starts over when the first initdb was killed half-way', async () => {
    dataDir = join(folder, 'new')
    await mkdir(dataDir)
    const service = spawnService()
    await expect.poll(() => findFile('pg_wal'), { interval: 5, timeout: 10_000 }).toBe(true)
    await kill(service)
    expect(await stat(join(dataDir, 'postgres')).catch(() => 'missing')).toBe('missing')

    const server = await start()
    await write(server.url, 'kept')

    expect(await read(server.url)).toEqual(['kept'])
    await expect.poll(() => findFile('postgres.init-')).toBe(false)
  })
})

describe('two services on one data folder', () => {
  it('refuses the second while the first keeps running', async () => {
    const first = await startService()
    await write(first.url, 'before')

    await expect(start()).rejects.toThrow(`${dataDir} is in use by another running service`)

    await write(first.url, 'after')
    expect(await read(first.url)).toEqual(['before', 'after'])
    await stopService(first.child)
    expect(postgresProcesses()).toEqual([])
  })

  it('lets exactly one of three starts win a race for an empty folder', async () => {
    dataDir = join(folder, 'new')

    const results = await Promise.allSettled([start(), start(), start()])

    const won = results.filter((result) => result.status === 'fulfilled')
    const lost = results.filter((result) => result.status === 'rejected')
    expect(lost.map((result) => String(result.reason))).toEqual(
      Array(2).fill(expect.stringContaining('is in use by another running service')),
    )
    expect(postgresProcesses()).toHaveLength(1)
    await write(won[0]?.value.url ?? '', 'works')
  })

  it('waits for a stopping server to exit, then starts a new one', async () => {
    const first = await start()
    await write(first.url, 'kept')

    const [, second] = await Promise.all([first.stop(), start()])

    expect(await read(second.url)).toEqual(['kept'])
  })

  it('refuses a folder that was moved while its server was running', async () => {
    await start()
    await rename(dataDir, `${dataDir}-moved`)

    await expect(startEmbeddedPostgres(`${dataDir}-moved`, { durable: false })).rejects.toThrow(/was moved or copied/)

    await rename(`${dataDir}-moved`, dataDir)
  })
})

describe('running as root', () => {
  const reason = isRoot ? '' : ' (skipped: these tests do not run as root)'

  it.skipIf(!isRoot)(`uses another user for the server${reason}`, async () => {
    await start()

    expect((await stat(`/proc/${await postmasterPid()}`)).uid).not.toBe(0)
  })

  it.skipIf(!isRoot)(`works in a folder that only root can enter${reason}`, async () => {
    dataDir = join(folder, 'new')
    await chmod(folder, 0o700)
    const first = await start()
    await write(first.url, 'kept')
    await first.stop()

    const second = await start()

    expect(await read(second.url)).toEqual(['kept'])
    expect((await stat(`/proc/${await postmasterPid()}`)).uid).not.toBe(0)
  })
})

/**
 * Creates a folder that every user can enter, unlike that of mkdtemp: tests run by root start PostgreSQL as another
 * user.
 */
async function openFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'embedded-postgres-'))
  await chmod(path, 0o755)
  return path
}

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(dataDir, { durable: false })
  servers.push(server)
  return server
}

/** Spawns a process that runs a database until SIGTERM, as the service does. */
function spawnService(): ChildProcess {
  const module = new URL('../../src/embedded-postgres/embedded-postgres.ts', import.meta.url).href
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)})
    const server = await startEmbeddedPostgres(${JSON.stringify(dataDir)}, { durable: false })
    process.once('SIGTERM', () => server.stop())
    console.log(server.url)`
  const args = ['--input-type=module', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function startService(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawnService()
  const [url] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return { child, url: url.toString().trim() }
}

async function stopService(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Leaves a stopped cluster with one row. Returns the text that its pid file had while it ran. */
async function leaveCluster(): Promise<string> {
  const server = await start()
  await write(server.url, 'kept')
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
  await server.stop()
  return text
}

async function leavePidFile(text: string, pid: number | undefined): Promise<void> {
  const file = join(dataDir, 'postgres', 'postmaster.pid')
  await writeFile(file, text.replace(/^\d+/, String(pid)), { mode: 0o600 })
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  await chown(file, uid, gid)
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

function postgresProcesses(): string[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(`postgres -D ${folder}/`))
}

async function findFile(name: string): Promise<boolean> {
  return execFileSync('find', [dataDir, '-name', `${name}*`], { encoding: 'utf8' }) !== ''
}

async function query<Row extends object>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}

async function write(url: string, value: string): Promise<void> {
  await query(url, 'CREATE TABLE IF NOT EXISTS notes (id serial, value text)')
  await query(url, 'INSERT INTO notes (value) VALUES ($1)', [value])
}

async function read(url: string): Promise<string[]> {
  const rows = await query<{ value: string }>(url, 'SELECT value FROM notes ORDER BY id')
  return rows.map((row) => row.value)
}
