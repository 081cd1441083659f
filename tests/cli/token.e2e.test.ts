import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { userId } from '../support/builders.ts'
import { startService } from '../support/running-service.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Three parts of base64url, and the end of the line. */
const TOKEN_LINE = /^[\w-]+\.[\w-]+\.[\w-]+\n$/

let parent: string

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lottery-token-'))
})

afterAll(() => rm(parent, { recursive: true, force: true }))

describe('the command npm run token', () => {
  it('prints one line that is a token, and nothing else', () => {
    const { status, stdout, stderr } = npmRunToken(['--role', 'operator'], { DATA_DIR: join(parent, 'one-line') })

    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(TOKEN_LINE)
  })

  it('makes the key before the first start, for its owner alone, and uses it from then on', async () => {
    const dataDir = join(parent, 'before', 'the-first-start')
    const [first, second] = [token(['--role', 'auditor'], dataDir), token(['--role', 'auditor'], dataDir)]
    const file = join(dataDir, 'token-signing-key')

    expect(await readdir(dataDir)).toEqual(['token-signing-key'])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readFile(file, 'utf8')).trim()).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(partOf(second, 0)).toEqual(partOf(first, 0)) // with the id of the key
    expect(second).not.toBe(first)
  })

  it('issues a token for the given role, subject and minutes, and by default for the role and 15 minutes', () => {
    const dataDir = join(parent, 'claims')
    const named = partOf(token(['--role', 'participant', '--user', 'ada', '--minutes', '1440'], dataDir), 1)
    const plain = partOf(token(['--role', 'agent'], dataDir), 1)

    expect(named).toMatchObject({ sub: 'ada', roles: ['participant'] })
    expect(Number(named['exp']) - Number(named['iat'])).toBe(1_440 * 60)
    expect(plain).toMatchObject({ sub: 'agent', roles: ['agent'] })
    expect(Number(plain['exp']) - Number(plain['iat'])).toBe(15 * 60)
  })

  it.each([
    [[]],
    [['--role', 'admin']],
    [['--role', 'operator', '--minutes', '1441']],
    [['--role', 'operator', '--minutes', '1.5']],
    [['--role', 'operator', '--for', 'ada']],
  ])('refuses the arguments %j with exit code 2, and makes no key', async (args) => {
    const dataDir = join(parent, 'refused')
    const { status, stdout, stderr } = runToken(args, { DATA_DIR: dataDir })

    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/\S/)
    expect(await readdir(parent)).not.toContain('refused')
  })

  it('warns on standard error when the service accepts only the tokens of another issuer', () => {
    const issuer = { AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'lottery' }
    const { stdout, stderr } = runToken(['--role', 'operator'], { DATA_DIR: join(parent, 'other'), ...issuer })

    expect(stdout).toMatch(TOKEN_LINE)
    expect(stderr).toContain('https://issuer.example')
  })

  it('prints tokens that the service with the same DATA_DIR accepts, and a service with another one refuses', async () => {
    const dataDir = join(parent, 'data')
    const early = bearerOf(token(['--role', 'operator'], dataDir))
    await using service = await startService({ DATA_DIR: dataDir })
    const late = bearerOf(token(['--role', 'operator'], dataDir))
    const foreign = bearerOf(token(['--role', 'operator'], join(parent, 'foreign')))
    const ban = async (headers: Record<string, string>) => {
      const { status, body } = await service.post<{ code?: string }>(`/users/${userId()}/ban`, undefined, headers)
      return [status, body['code']]
    }

    expect(await ban(early)).toEqual([404, 'user_not_found'])
    expect(await ban(late)).toEqual([404, 'user_not_found'])
    expect(await ban(foreign)).toEqual([401, 'token_invalid'])
    expect(await service.stop()).toMatchObject({ code: 0 })
  })
})

interface TokenPart {
  readonly iat?: number
  readonly exp?: number
}

type Variables = Readonly<Record<string, string>>

/** The command as people type it. */
function npmRunToken(args: readonly string[], variables: Variables) {
  return run('npm', ['run', '--silent', 'token', '--', ...args], variables)
}

/** The command without npm, which takes most of the time. */
function runToken(args: readonly string[], variables: Variables) {
  return run(process.execPath, ['src/cli/token.ts', ...args], variables)
}

function run(command: string, args: readonly string[], variables: Variables) {
  const { PATH } = process.env
  const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/lottery-service')
  return spawnSync(command, args, { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE, ...variables }, encoding: 'utf8' })
}

function token(args: readonly string[], dataDir: string): string {
  const { stdout } = runToken(args, { DATA_DIR: dataDir })
  expect(stdout).toMatch(TOKEN_LINE)
  return stdout.trim()
}

/** Header (0) or claims (1) of a token. */
function partOf(jwt: string, n: 0 | 1): TokenPart {
  return JSON.parse(Buffer.from(jwt.split('.')[n] ?? '', 'base64url').toString()) as TokenPart
}

function bearerOf(jwt: string): { authorization: string } {
  return { authorization: `Bearer ${jwt}` }
}
