import type { TestProject } from 'vitest/node'
import { dockerAnswers } from './docker.ts'
import { freePorts } from './kafka/broker/ports.ts'
import { closeIdle, query } from './test-clock.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of a Citus coordinator, whose workers are reached at the addresses that Citus has. Undefined: none. */
    citus: string | undefined
  }
}

interface Cluster {
  readonly url: string
  stop(): Promise<unknown>
}

const IMAGE = 'citusdata/citus:12.1'
const HOST = '127.0.0.1'
const SETTINGS = {
  listen_addresses: HOST,
  shared_preload_libraries: 'citus',
  'citus.node_conninfo': 'sslmode=disable',
  max_connections: '200',
  max_prepared_transactions: '200',
  max_locks_per_transaction: '256',
  shared_buffers: '64MB',
  wal_level: 'logical',
  fsync: 'off',
}
const CONTAINERS_START_WITHIN_MS = 180_000 // including a first pull of the image

/** Provides one Citus cluster per run: that of TEST_CITUS_URL, else a coordinator and two workers in containers, else none. */
export default async function setUp(project: TestProject): Promise<() => Promise<unknown>> {
  const { TEST_CITUS_URL: url } = process.env
  const cluster = url ? { url, stop: async () => {} } : await startContainers()
  project.provide('citus', cluster?.url)
  return async () => cluster?.stop()
}

async function startContainers(): Promise<Cluster | undefined> {
  if (!(await dockerAnswers())) return skip('no Docker engine answers')
  const started: { stop(): Promise<unknown> }[] = []
  const stop = () => Promise.all(started.map((container) => container.stop()))
  try {
    const ports = await freePorts(3)
    for (const port of ports) started.push(await startNode(port))
    return { url: await registerWorkers(ports.map(urlAt)), stop }
  } catch (error) {
    await stop()
    return skip(String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '')
  }
}

/** The nodes know each other, and the tests know them, by the same addresses: those of the host's own network. */
async function startNode(port: number): Promise<{ stop(): Promise<unknown> }> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const settings = Object.entries({ ...SETTINGS, port: String(port) })
  return new GenericContainer(IMAGE)
    .withNetworkMode('host')
    .withEnvironment({ POSTGRES_USER: 'lottery', POSTGRES_HOST_AUTH_METHOD: 'trust' }) // on the loopback interface alone
    .withCommand(['postgres', ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])])
    .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
    .withStartupTimeout(CONTAINERS_START_WITHIN_MS)
    .start()
}

/** Returns the URL of the first node, which coordinates the others. */
async function registerWorkers([coordinator = '', ...workers]: readonly string[]): Promise<string> {
  for (const node of [coordinator, ...workers]) await query(node, 'create extension if not exists citus')
  await query(coordinator, 'select citus_set_coordinator_host($1, $2)', [HOST, Number(new URL(coordinator).port)])
  for (const worker of workers)
    await query(coordinator, 'select citus_add_node($1, $2)', [HOST, Number(new URL(worker).port)])
  await Promise.all([coordinator, ...workers].map(closeIdle))
  return coordinator
}

function urlAt(port: number): string {
  return `postgres://lottery@${HOST}:${port}/lottery`
}

function skip(reason: string): undefined {
  console.log(`Citus for tests: every test that needs a cluster is SKIPPED (${reason.slice(0, 240)})`)
}
