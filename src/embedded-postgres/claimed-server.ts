import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { becomeOwner, DataFolderInUse, type Ownership } from './ownership.ts'
import { findPostmaster, type Postmaster, stopPostmaster } from './postmaster.ts'

/** A running server, and the lock that makes it ours. */
export interface ClaimedServer {
  readonly postmaster: Postmaster
  readonly ownership: Ownership
}

export interface Claim {
  readonly spawn: (logfile: string) => Promise<ChildProcess>
  readonly dataDir: string
  readonly clusterDir: string
  readonly password: string
  readonly signal: AbortSignal | undefined
}

const START_WITHIN_MS = 120_000 // crash recovery can have much to replay
const START_ATTEMPTS = 5

/** Adopts the running server of a cluster, or spawns one, and becomes its owner. @throws Error that says what to do */
export async function claimServer({ spawn, dataDir, clusterDir, password, signal }: Claim): Promise<ClaimedServer> {
  const logfile = join(dataDir, 'postgres.log')
  let child: ChildProcess | undefined
  let attempts = 0
  try {
    for (const deadline = Date.now() + START_WITHIN_MS; Date.now() < deadline; await sleep(20, undefined, { signal })) {
      const postmaster = await findPostmaster(clusterDir)
      if (postmaster?.ready) {
        const ownership = await becomeOwner(postmaster, password, dataDir)
        if (ownership !== undefined) return { postmaster, ownership }
      } else if (postmaster === undefined && !isRunning(child)) {
        // An earlier attempt may have lost the port or the cluster to another process, or may have found backends that
        // outlive a killed server by a moment, and hold its shared memory.
        if (attempts === START_ATTEMPTS)
          throw new Error(`could not start PostgreSQL; the end of ${logfile}: ${await lastLines(logfile)}`)
        await sleep(100 * attempts++)
        child = await spawn(logfile)
      }
    }
    throw new Error(
      `PostgreSQL was not ready after ${START_WITHIN_MS / 1000} s; the end of ${logfile}: ${await lastLines(logfile)}`,
    )
  } catch (error) {
    if (!(error instanceof DataFolderInUse) && child !== undefined && isRunning(child)) {
      child.kill('SIGINT')
      if (signal?.aborted) await once(child, 'exit')
    }
    throw error
  }
}

/** Releases the lock last: before the server has stopped, another service could take the lock and adopt the server. */
export async function stopServer({ postmaster, ownership }: ClaimedServer): Promise<void> {
  try {
    await stopPostmaster(postmaster)
  } finally {
    await ownership.release()
  }
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}

async function lastLines(logfile: string): Promise<string> {
  const log = await readFile(logfile, 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-5).join(' / ') || `${logfile} is empty`
}
