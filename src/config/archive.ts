import { fileURLToPath } from 'node:url'
import { withoutFinalSlash } from './values.ts'
import type { Settings } from './variables.ts'

/** Settings of the archive; undefined without ARCHIVE_URL. */
export function archiveOf(settings: Settings) {
  const { archiveUrl, archiveAfterMonths: afterMonths, archiveGraceDays: graceDays, archivePublicUrl } = settings
  if (archiveUrl === undefined) return undefined
  return {
    store: storeOf(new URL(archiveUrl), settings),
    afterMonths,
    graceDays,
    publicUrl: archivePublicUrl && `${withoutFinalSlash(archivePublicUrl)}/`,
    databaseUrl: settings.archiveDatabaseUrl,
  }
}

function storeOf(url: URL, settings: Settings) {
  if (url.protocol === 'file:') return { kind: 'file', folder: fileURLToPath(url) } as const
  const { awsEndpointUrlS3, awsEndpointUrl, awsRegion, awsDefaultRegion } = settings
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: withoutFinalSlash(url.pathname.slice(1)),
    region: awsRegion ?? awsDefaultRegion ?? 'us-east-1',
    endpoint: awsEndpointUrlS3 ?? awsEndpointUrl,
    accessKeyId: settings.awsAccessKeyId ?? '',
    secretAccessKey: settings.awsSecretAccessKey ?? '',
    sessionToken: settings.awsSessionToken,
    objectLockDays: settings.archiveObjectLockDays,
    storageClass: settings.archiveStorageClass,
  } as const
}

/** Contradictions in the settings of the archive, in sentences. */
export function archiveContradictions(settings: Settings): string[] {
  const { archiveUrl, archiveAfterMonths, archiveObjectLockDays, archiveStorageClass } = settings
  const isS3 = archiveUrl?.startsWith('s3:') ?? false
  const faults: string[] = []
  if (archiveUrl === undefined && archiveAfterMonths !== undefined)
    faults.push('ARCHIVE_AFTER_MONTHS: needs ARCHIVE_URL')
  if (archiveUrl?.startsWith('file:') && !/^file:\/\/\/./.test(archiveUrl))
    faults.push('ARCHIVE_URL: must be file:/// and the path of a folder')
  if (isS3 && (settings.awsAccessKeyId === undefined || settings.awsSecretAccessKey === undefined))
    faults.push('ARCHIVE_URL: s3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  if (isS3 && !/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9/._=-]*)?$/.test(archiveUrl ?? ''))
    faults.push('ARCHIVE_URL: must be s3:// with the name of a bucket, and a prefix of letters, digits and /._=-')
  if (!isS3 && archiveObjectLockDays !== undefined) faults.push('ARCHIVE_OBJECT_LOCK_DAYS: needs an s3:// ARCHIVE_URL')
  if (!isS3 && archiveStorageClass !== undefined) faults.push('ARCHIVE_STORAGE_CLASS: needs an s3:// ARCHIVE_URL')
  return faults
}
