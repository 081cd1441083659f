import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import type { Ports } from './worker.ts'

/** Logs where the service is, and who may use it. */
export function logStart(log: Logger, config: Config, { port, operationsPort }: Ports, database: string): void {
  log.info(`API        http://localhost:${port}`)
  log.info(`docs       http://localhost:${port}/docs`)
  if (operationsPort !== undefined) log.info(`operations http://localhost:${operationsPort}`)
  log.info(`database   ${database}`)
  log.info(`access     ${accessInWords(config)}`)
  if (config.workers > 1) log.info(`workers    ${config.workers}`)
}

/** What needs no token, and whose tokens are accepted. */
function accessInWords({ participants, authIssuer, internalCloseToken }: Config): string {
  return [
    participants === 'open' ? 'anyone may register and submit' : 'registering and submitting need a token',
    `operators need a token of ${authIssuer ?? 'this service (npm run token)'}`,
    `X-Internal-Token ${internalCloseToken === undefined ? 'is not accepted' : 'may close lotteries'}`,
  ].join('; ')
}
