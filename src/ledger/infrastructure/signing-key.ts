import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SEED_BYTES = 32
const FILE = 'ledger-signing-key'

/**
 * Reads the Ed25519 seed in `<dataDir>/ledger-signing-key`: base64, readable by the owner alone. The first call makes the
 * seed and its file. Processes that do so at the same time get the same seed.
 */
export async function signingKeyIn(dataDir: string): Promise<Uint8Array> {
  const file = join(dataDir, FILE)
  await mkdir(dataDir, { recursive: true })
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (kept !== undefined) return parseSigningKey(kept)

  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${randomBytes(SEED_BYTES).toString('base64')}\n`, { mode: 0o600 })
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await unlink(draft)
  return parseSigningKey(await readFile(file, 'utf8'))
}

/** Parses a signing key. @throws Error unless the text is the base64 of 32 bytes. Its message does not contain the text. */
export function parseSigningKey(base64: string): Uint8Array {
  const seed = Buffer.from(base64.trim(), 'base64')
  if (seed.length !== SEED_BYTES || seed.toString('base64') !== base64.trim())
    throw new Error(`the ledger signing key must be the base64 of ${SEED_BYTES} bytes`)
  return seed
}
