import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startService } from '../../tests/support/running-service.ts'

/**
 * `npm run keycloak`: starts a Keycloak from Maven, with a realm whose client has the role operator, and the service with
 * this realm as its issuer. Shows that the client's token bans a user, and that no ban is possible without it. It needs Java
 * 17, Maven and unzip, and keeps Keycloak (147 MB) in node_modules/.cache.
 */
const VERSION = '26.0.7'
const PORT = 8089
const STARTS_WITHIN_MS = 120_000
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/lottery-service', import.meta.url))
const HOME = join(CACHE, `keycloak-${VERSION}`)
const SERVER = `http://127.0.0.1:${PORT}`
const ISSUER = `${SERVER}/realms/lottery`
const ADMIN = { username: 'admin', password: 'only-for-this-example' }
const CLIENT = { id: 'lottery-console', secret: 'only-for-this-example' }

await install()
const dataDir = await mkdtemp(join(tmpdir(), 'lottery-keycloak-'))
const keycloak = spawn(
  join(HOME, 'bin', 'kc.sh'),
  ['start-dev', `--http-port=${PORT}`, '--http-host=127.0.0.1', '--db=dev-mem'],
  {
    env: {
      ...process.env,
      KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    },
    detached: true, // kc.sh starts Java as its child, and both are stopped as one group
    stdio: 'ignore',
  },
)
try {
  await isReady()
  const operator = await operatorToken()
  await using service = await startService({
    DATA_DIR: dataDir,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: 'lottery',
    AUTH_ROLES_CLAIM: 'realm_access.roles',
    AUTH_TOKEN_TYPE: 'JWT',
  })
  const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
  const without = await service.post(`/users/${user.id}/ban`)
  const banned = await service.post(`/users/${user.id}/ban`, undefined, { authorization: `Bearer ${operator}` })
  console.log(
    `A ban without a token is answered ${without.status}, and with Keycloak's operator token ${banned.status}.`,
  )
  if (without.status !== 401 || banned.status !== 204) process.exitCode = 1
  await service.stop()
} finally {
  process.kill(-(keycloak.pid as number), 'SIGTERM')
  await once(keycloak, 'exit')
  await rm(dataDir, { recursive: true, force: true })
}

async function install(): Promise<void> {
  if (existsSync(HOME)) return
  await mkdir(CACHE, { recursive: true })
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`
  execFileSync('mvn', ['-q', '-B', copy, artifact, `-DoutputDirectory=${CACHE}`], { stdio: 'inherit' })
  execFileSync('unzip', ['-q', join(CACHE, `keycloak-quarkus-dist-${VERSION}.zip`), '-d', CACHE], { stdio: 'inherit' })
}

async function isReady(): Promise<void> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; Date.now() < deadline; await setTimeout(500)) {
    const answer = await fetch(`${SERVER}/realms/master`).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error(`Keycloak did not start within ${STARTS_WITHIN_MS / 1_000} s`)
}

/** Makes the realm and its client, and gets a token of the client (OAuth 2.0 client credentials). */
async function operatorToken(): Promise<string> {
  const admin = await tokenOf('master', { grant_type: 'password', client_id: 'admin-cli', ...ADMIN })
  await administer(admin, 'POST', '', { realm: 'lottery', enabled: true })
  await administer(admin, 'POST', '/lottery/roles', { name: 'operator' })
  await administer(admin, 'POST', '/lottery/clients', {
    clientId: CLIENT.id,
    secret: CLIENT.secret,
    serviceAccountsEnabled: true,
    protocolMappers: [
      {
        name: 'audience of the lottery service',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.custom.audience': 'lottery', 'access.token.claim': 'true' },
      },
    ],
  })
  const role = await administer(admin, 'GET', '/lottery/roles/operator')
  const [account] = (await administer(admin, 'GET', `/lottery/users?username=service-account-${CLIENT.id}`)) as {
    id: string
  }[]
  await administer(admin, 'POST', `/lottery/users/${account?.id}/role-mappings/realm`, [role])
  return tokenOf('lottery', { grant_type: 'client_credentials', client_id: CLIENT.id, client_secret: CLIENT.secret })
}

async function tokenOf(realm: string, form: Readonly<Record<string, string>>): Promise<string> {
  const url = `${SERVER}/realms/${realm}/protocol/openid-connect/token`
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  if (!answer.ok) throw new Error(`Keycloak gave no token: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function administer(token: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${SERVER}/admin/realms${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path} of Keycloak is answered ${answer.status}: ${await answer.text()}`)
  const text = await answer.text()
  return text === '' ? undefined : JSON.parse(text)
}
