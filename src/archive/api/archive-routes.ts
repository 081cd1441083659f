import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { hex } from '../../ledger/api/tree-schemas.ts'
import { answer } from '../../shared/api/answer.ts'
import { refusals } from '../../shared/api/refusals.ts'
import type { FindArchives, VerifiedArchive } from '../application/find-archives.ts'
import { ArchiveNotFound } from '../domain/errors.ts'
import { manifestKey, manifestNoteKey } from '../domain/object-keys.ts'
import {
  type archivedMonthSchema,
  archivedMonthWithManifestSchema,
  archiveSchema,
  EXAMPLE_MONTH,
  monthSchema,
} from './schemas.ts'

export interface ArchiveUseCases {
  readonly findArchives: FindArchives
  /** URL of the public objects, with a final slash; undefined unless they are published. */
  readonly publicUrl: string | undefined
}

const tags = ['archive']

export function archiveRoutes({ findArchives, publicUrl }: ArchiveUseCases): FastifyPluginAsyncZod {
  function toBody({ month, status, manifest, verifiedAt }: VerifiedArchive): z.infer<typeof archivedMonthSchema> {
    return {
      month,
      ballots: status === 'detached' || status === 'dropped' ? 'archive' : 'database',
      manifest_sha256: hex(manifest.hash),
      archived_at: new Date(verifiedAt).toISOString(),
      urls:
        publicUrl === undefined
          ? null
          : {
              manifest: publicUrl + manifestKey(month),
              note: publicUrl + manifestNoteKey(month),
              base: publicUrl,
            },
    }
  }

  return async (app) => {
    app.get(
      '/archive',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'listArchive',
          summary: 'List the archived months, newest first',
          description: 'What is archived is read as before, only more slowly.',
          response: {
            200: answer(archiveSchema, { description: 'The months' }),
            ...refusals(),
          },
        },
      },
      async () => ({ items: (await findArchives.list()).map(toBody) }),
    )

    app.get(
      '/archive/:month',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'getArchivedMonth',
          summary: 'Get the manifest of an archived month',
          description: 'The event `lottery.archived.v1` in the audit log has the SHA-256 of the manifest.',
          params: z.object({ month: monthSchema }),
          response: {
            200: answer(archivedMonthWithManifestSchema, { description: 'The month' }),
            ...refusals(new ArchiveNotFound(EXAMPLE_MONTH)),
          },
        },
      },
      async ({ params: { month } }) => {
        const archive = await findArchives.find(month)
        return { ...toBody(archive), manifest: JSON.parse(archive.manifest.text) }
      },
    )
  }
}
