import { readFile } from 'node:fs/promises'
import type { LedgerHead } from '../ledger/domain/checkpoint.ts'
import { headOfNote, isSignedBy } from '../ledger/infrastructure/signed-note.ts'

/** A checkpoint of the audit log that was kept outside of the database. */
export interface KeptNote {
  readonly note: string
  readonly head: LedgerHead
}

/** @throws Error when the file cannot be read, or is no checkpoint */
export async function readKeptNote(file: string): Promise<KeptNote> {
  const note = await readFile(file, 'utf8')
  const head = headOfNote(note)
  if (!head) throw new Error(`${file} holds no checkpoint`)
  return { note, head }
}

/** Checks that a note is a checkpoint of the audit log of this verifier key. Returns a sentence for every difference. */
export function checkKeptNote({ note, head }: KeptNote, verifierKey: string | undefined): string[] {
  if (verifierKey === undefined) return ['the database has no ledger key that the kept checkpoint could be signed by']
  const origin = `${verifierKey.split('+')[0]}/audit`
  if (head.origin !== origin) return [`the kept checkpoint is one of ${head.origin}, not of ${origin}`]
  return isSignedBy(note, verifierKey) ? [] : [`the kept checkpoint is not signed by ${verifierKey}`]
}
