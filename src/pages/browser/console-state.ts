/// <reference lib="dom" />
/** How far events and witnesses lag behind, from the health check and the metrics. */
import type { Api } from './console-api.ts'
import { description, element } from './console-dom.ts'
import { Part } from './console-part.ts'

/** Metrics that are shown, and their names for people. */
const SHOWN = [
  ['lottery_events_unpublished', 'Events that are not published'],
  ['lottery_events_oldest_unpublished_seconds', 'Age of the oldest of them, in seconds'],
  ['lottery_events_parked', 'Events that the broker refused too often'],
  ['lottery_audit_log_waiting', 'Events that are not in the audit log'],
  ['lottery_audit_log_not_cosigned', 'Entries that no witness has cosigned'],
  ['lottery_audit_log_cosigned_timestamp_seconds', 'Newest checkpoint that witnesses cosigned'],
] as const

interface Ready {
  readonly status: string
  readonly overdue_lotteries?: number
  readonly sealed_lotteries?: number
}

/** `hasMetrics`: whether this listener serves the metrics and the counts. */
export function showState(api: Api, hasMetrics: boolean): void {
  const part = new Part('state')
  part.onSubmit(async () => {
    const ready = await api.get<Ready>('/health/ready')
    if (!hasMetrics) {
      part.showCurl('/health/ready')
      part.show(
        description([['Service', ready.status]]),
        element(
          'p',
          'This listener serves no metrics and counts. Ask that of OPERATIONS_PORT: /metrics, /health/ready.',
        ),
      )
      return
    }
    const metrics = await api.text('/metrics')
    part.showCurl('/metrics')
    part.show(
      description([
        ['Service', ready.status],
        ['Lotteries that are overdue', String(ready.overdue_lotteries)],
        ['Lotteries that wait for their draw', String(ready.sealed_lotteries)],
        ...SHOWN.map(([name, label]) => [label, readingOf(name, metrics)] as const),
      ]),
    )
  })
  part.submit()
}

function readingOf(name: string, metrics: string): string {
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
  if (value === undefined) return 'not measured here'
  if (!name.endsWith('timestamp_seconds')) return value
  return Number(value) === 0 ? 'none yet' : new Date(Number(value) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}
