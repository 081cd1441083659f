import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SEED_BYTES = 32

/** The configured seed, in base64; without one, the seed in the data folder. @throws Error when the text is no seed */
export async function signingSeed(name: string, configured: string | undefined, dataDir: string): Promise<Uint8Array> {
  return configured === undefined ? signingSeedIn(dataDir, name) : parseSigningSeed(configured, name)
}

interface LedgerSeedSettings {
  readonly ledgerSigningKey: string | undefined
  readonly isProduction: boolean
  readonly dataDir: string
}

/** The seed of the key that signs checkpoints. @throws Error when none is configured in production */
export async function ledgerSeed({ ledgerSigningKey, isProduction, dataDir }: LedgerSeedSettings): Promise<Uint8Array> {
  if (ledgerSigningKey !== undefined || !isProduction) {
    return signingSeed('ledger-signing-key', ledgerSigningKey, dataDir)
  }
  throw new Error('LEDGER_SIGNING_KEY must be set when NODE_ENV is production, the same on all replicas')
}

/**
 * Reads the Ed25519 seed in `<dataDir>/<name>`: base64, readable by the owner alone. The first call makes the seed and its
 * file. Processes that do so at the same time get the same seed.
 */
export async function signingSeedIn(dataDir: string, name: string): Promise<Uint8Array> {
  const file = join(dataDir, name)
  await mkdir(dataDir, { recursive: true })
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (kept !== undefined) return parseSigningSeed(kept, name)

  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${randomBytes(SEED_BYTES).toString('base64')}\n`, { mode: 0o600 })
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await unlink(draft)
  return parseSigningSeed(await readFile(file, 'utf8'), name)
}

/** Parses a seed. @throws Error that contains its name, but not the text, unless the text is the base64 of 32 bytes */
export function parseSigningSeed(base64: string, name: string): Uint8Array {
  const seed = Buffer.from(base64.trim(), 'base64')
  if (seed.length !== SEED_BYTES || seed.toString('base64') !== base64.trim())
    throw new Error(`the ${name.replaceAll('-', ' ')} must be the base64 of ${SEED_BYTES} bytes`)
  return seed
}
