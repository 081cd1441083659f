import type { Config } from '../config/config.ts'

/** The database of DATABASE_URL, else the embedded server: the running one, or one that runs until `stop` is called. */
export async function openDatabase({
  databaseUrl,
  dataDir,
}: Config): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const { urlOfRunningServer } = await import('../embedded-postgres/running-server.ts')
  const url = databaseUrl ?? (await urlOfRunningServer(dataDir))
  if (url !== undefined) return { url, stop: async () => {} }
  const { startEmbeddedPostgres } = await import('../embedded-postgres/embedded-postgres.ts')
  return startEmbeddedPostgres(dataDir)
}
