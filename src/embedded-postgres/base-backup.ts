import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { Client, type Connection, Query } from 'pg'

/** Called with the bytes that were copied so far, and with their estimated number in all. */
export type OnCopied = (done: number, of: number) => void

export interface BaseBackup {
  /** SHA-256 of the file in hexadecimal digits. */
  readonly sha256: string
  readonly bytes: number
}

const BASE_BACKUP = `BASE_BACKUP (LABEL 'lottery', CHECKPOINT 'fast', WAL, PROGRESS)`
const UNITS_BYTES = 1024
const DUPLICATE_OBJECT = '42710'

/**
 * Writes a base backup of a running server to a new tar file, which only its owner can read. It holds the WAL that makes it
 * consistent. Everything that was committed before the call is in it.
 *
 * @throws Error when the file exists or cannot be written, or when the server cannot send the backup
 */
export async function writeBaseBackup(url: string, file: string, onCopied: OnCopied): Promise<BaseBackup> {
  const client = new Client({ connectionString: `${url}?replication=database`, application_name: 'lottery backup' })
  client.on('error', () => undefined) // the query reports the lost connection
  const archive = openSync(file, 'wx', 0o600)
  try {
    await client.connect()
    await keepWal(client)
    const received = await new ReceivedBackup(archive, onCopied).from(client)
    fsyncSync(archive)
    return received
  } finally {
    closeSync(archive)
    await client.end().catch(() => undefined)
  }
}

/** A slot keeps the WAL until this session ends. */
async function keepWal(client: Client): Promise<void> {
  await client
    .query('CREATE_REPLICATION_SLOT lottery_backup TEMPORARY PHYSICAL (RESERVE_WAL)')
    .catch((error: { code?: string }) => {
      throw error.code === DUPLICATE_OBJECT
        ? new Error('another backup of this server runs: wait until it ends')
        : error
    })
}

/** See "BASE_BACKUP" in "Streaming Replication Protocol" in PostgreSQL's documentation: the first byte says what follows. */
class ReceivedBackup extends Query {
  readonly #archive: number
  readonly #onCopied: OnCopied
  readonly #hash = createHash('sha256')
  #archives = 0
  #bytes = 0
  #expected = 0
  #failure: unknown

  constructor(archive: number, onCopied: OnCopied) {
    super(BASE_BACKUP)
    this.#archive = archive
    this.#onCopied = onCopied
  }

  async from(client: Client): Promise<BaseBackup> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.on('row', ({ size }: { size?: string }) => {
      if (size) this.#expected = Number(size) * UNITS_BYTES
    })
    this.once('end', resolve).once('error', (error) => reject(this.#failure ?? error))
    client.query(this)
    await promise
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes }
  }

  // Called by the client. The writes are synchronous, so that a slow disk slows the server down.
  handleCopyData({ chunk }: { chunk: Buffer }, connection: Connection): void {
    try {
      this.#take(String.fromCharCode(chunk[0] ?? 0), chunk.subarray(1))
    } catch (error) {
      this.#failure ??= error
      connection.stream.destroy()
    }
  }

  #take(kind: string, content: Buffer): void {
    if (kind === 'n' && ++this.#archives > 1)
      throw new Error('the server has tablespaces, which this backup would lack: use pg_basebackup')
    if (kind !== 'd') return
    for (let at = 0; at < content.length; ) at += writeSync(this.#archive, content, at)
    this.#hash.update(content)
    this.#bytes += content.length
    this.#onCopied(this.#bytes, Math.max(this.#expected, this.#bytes))
  }
}
