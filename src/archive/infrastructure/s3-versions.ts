import type { S3Client } from './s3-client.ts'

export interface S3Version {
  readonly id: string
  /** Whether a reader who names no version gets this one. */
  readonly isLatest: boolean
  readonly isDeleteMarker: boolean
}

/** Returns all versions of an object. @throws ArchiveUnavailable */
export async function versionsOf(client: S3Client, key: string): Promise<readonly S3Version[]> {
  const path = client.pathOf(key)
  const found: S3Version[] = []
  for (let marker: Readonly<Record<string, string>> = {}; ; ) {
    const query = { versions: '', prefix: path, ...marker }
    const page = (await client.send({ method: 'GET', query, expected: [200] })).body.toString()
    for (const [, kind, entry = ''] of page.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
      if (elementOf(entry, 'Key') !== path) continue // a longer key
      const isLatest = elementOf(entry, 'IsLatest') === 'true'
      found.push({ id: elementOf(entry, 'VersionId'), isLatest, isDeleteMarker: kind === 'DeleteMarker' })
    }
    if (elementOf(page, 'IsTruncated') !== 'true') return found
    marker = {
      'key-marker': elementOf(page, 'NextKeyMarker'),
      'version-id-marker': elementOf(page, 'NextVersionIdMarker'),
    }
  }
}

/** Returns the text of an XML element. Keys and ids have no characters that XML escapes. */
function elementOf(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)`).exec(text)?.[1] ?? ''
}
