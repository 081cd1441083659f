import { resolve, sep } from 'node:path'
import { DatabaseError } from 'pg'
import { reasonOf } from './cli/reason-of.ts'

/** Codes of the operating system that keep a process from writing a file. */
const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST'])
/** SQLSTATEs of a server that does not let the caller in: wrong user or password, no such database. */
const NOT_LET_IN = /^(28|3D)/

/** Why a process could not start, and what to do about it, in one line. */
export function startFailure(error: unknown, { dataDir }: { readonly dataDir: string }): string {
  if (isAboutFolder(error, dataDir))
    return (
      `DATA_DIR: ${resolve(dataDir)} cannot be written (${error.code} at ${error.path}): let the user of the service write ` +
      'there, or choose another folder'
    )
  if (error instanceof DatabaseError && NOT_LET_IN.test(error.code ?? ''))
    return `DATABASE_URL: the server refuses the connection (${error.message}): correct the URL, or the server's users`
  if (error instanceof DatabaseError && error.severity !== 'FATAL')
    return `the database refused a statement (SQLSTATE ${error.code})` // the message can hold personal data
  return reasonOf(error).replace(/\s*\n\s*/g, ' / ')
}

/** Whether the error is about the folder, a path in it, or a folder above it. */
function isAboutFolder(error: unknown, folder: string): error is NodeJS.ErrnoException {
  const { code = '', path } = Object(error) as NodeJS.ErrnoException
  if (!NOT_WRITABLE.has(code) || path === undefined) return false
  const [at, own] = [resolve(path) + sep, resolve(folder) + sep]
  return at.startsWith(own) || own.startsWith(at)
}
