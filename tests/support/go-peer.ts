import { execFile } from 'node:child_process'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const { XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
const CACHE = join(XDG_CACHE_HOME, 'lottery-service')

/** The programs in Go that tests use as peers, by their names in messages. */
export const GO_PEERS = {
  litewitness: 'filippo.io/torchwood/cmd/litewitness@v0.6.1',
  "Tessera's fsck": 'github.com/transparency-dev/tessera/cmd/fsck@v1.0.4',
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
} as const

/**
 * Path of a program, or the reason why there is none. The first call on a machine builds it from the Go module proxy, which
 * takes minutes at worst; the program is kept in the user's cache folder. `.ci/run` builds all of them before the tests.
 */
export async function goPeer(
  name: keyof typeof GO_PEERS,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  const module = GO_PEERS[name]
  const [, command = '', version = ''] = /([^/]+)@(.+)$/.exec(module) ?? []
  const path = join(CACHE, `${command}-${version}`)
  if (await exists(path)) return { path }
  const draft = join(CACHE, `build-${command}-${process.pid}`)
  try {
    await mkdir(draft, { recursive: true })
    await promisify(execFile)('go', ['install', module], {
      env: { ...process.env, GOBIN: draft, GOTOOLCHAIN: 'local' },
    })
    await rename(join(draft, command), path)
    return { path }
  } catch (error) {
    return { missing: `${name} cannot be built with go: ${(error as Error).message.split('\n')[0]}` }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** `node tests/support/go-peer.ts` builds the programs that are missing. */
if (basename(process.argv[1] ?? '') === basename(import.meta.filename)) {
  for (const name of Object.keys(GO_PEERS) as (keyof typeof GO_PEERS)[]) {
    const peer = await goPeer(name)
    console.log('missing' in peer ? peer.missing : peer.path)
  }
}
