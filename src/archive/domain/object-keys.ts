import type { Month } from './month.ts'

// Keys of objects in the store. Those of ballots are Hive paths, which DuckDB and Athena read as partitions.

export function ballotFileKey(name: 'ballots' | 'ballots_by_id' | 'ballots_by_user', month: Month): string {
  return `${name}/lottery_year=${month.slice(0, 4)}/lottery_month=${month.slice(5)}/${name}.parquet`
}

/** Folder of the tiles of a lottery's ledger. */
export function ledgerKey(date: string): string {
  return `ledger/${date}`
}

export function evidenceKey(date: string): string {
  return `evidence/${date}.json`
}

export function eventsKey(month: Month): string {
  return `events/${month}.ndjson`
}

export function manifestKey(month: Month): string {
  return `manifest/${month}.json`
}

export function manifestNoteKey(month: Month): string {
  return `manifest/${month}.note`
}
