import type { ArchiveState } from '../domain/archive.ts'
import { Month } from '../domain/month.ts'
import type { archives } from './schema.ts'

type ArchiveRow = typeof archives.$inferSelect

export function archiveOf(row: ArchiveRow): ArchiveState {
  const { manifest, manifestHash } = row
  return {
    month: Month.parse(row.month),
    status: row.state,
    manifest: manifest !== null && manifestHash !== null ? { text: manifest, hash: manifestHash } : null,
    startedAt: row.startedAt.getTime(),
    verifiedAt: row.verifiedAt?.getTime() ?? null,
    detachedAt: row.detachedAt?.getTime() ?? null,
    droppedAt: row.droppedAt?.getTime() ?? null,
  }
}

export function rowOfArchive(state: ArchiveState): ArchiveRow {
  const { month, status, manifest } = state
  const dateOf = (instant: number | null) => (instant === null ? null : new Date(instant))
  return {
    month,
    state: status,
    manifest: manifest?.text ?? null,
    manifestHash: manifest?.hash ?? null,
    startedAt: new Date(state.startedAt),
    verifiedAt: dateOf(state.verifiedAt),
    detachedAt: dateOf(state.detachedAt),
    droppedAt: dateOf(state.droppedAt),
  }
}
