import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SEED_BYTES = 32
const FILE = 'ledger-signing-key'

/**
 * The Ed25519 seed kept in `<dataDir>/ledger-signing-key` in base64, readable by the owner alone; made on first use.
 * Of two processes that make it at once both get the same one.
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

/** @throws Error unless the text is the base64 of 32 bytes; the text itself is not told */
export function parseSigningKey(base64: string): Uint8Array {
  const seed = Buffer.from(base64.trim(), 'base64')
  if (seed.length !== SEED_BYTES || seed.toString('base64') !== base64.trim())
    throw new Error(`a signing key is the base64 of ${SEED_BYTES} bytes`)
  return seed
}
