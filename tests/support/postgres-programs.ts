import { readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian and Ubuntu keep the programs of each version. */
const DEBIAN = '/usr/lib/postgresql'
const NEEDED = ['initdb', 'postgres', 'pg_basebackup', 'pg_ctl']

/** Folder of the programs of a PostgreSQL server, those for replication included. Where there is none, says so. */
export function findPostgresPrograms(file: string): string | undefined {
  const versions = namesIn(DEBIAN).toSorted((a, b) => Number(b) - Number(a))
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  const found = folders.find((folder) => NEEDED.every((program) => namesIn(folder).includes(program)))
  if (!found)
    console.warn(`SKIPPED ${file}: no PostgreSQL server with pg_basebackup here; install one, or put it on PATH`)
  return found
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
