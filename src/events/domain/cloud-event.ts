import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** Digits that a sequence is padded to, so that it sorts as text. */
const SEQUENCE_DIGITS = 20

/** The service as the source of its events. */
export interface EventSource {
  /** URI reference that identifies the service. */
  readonly source: string
  /** URL below which the schema of each event type is served. */
  readonly schemas: string
}

/** An event in the form of CloudEvents 1.0. */
export interface CloudEvent {
  /** Context attributes, by their names; `sequence`, `actor` and `requestid` are extensions. */
  readonly attributes: Readonly<Record<string, string>>
  readonly data: RecordedEvent['data']
}

/** The event in the JSON format of CloudEvents, which `application/cloudevents+json` names. */
export function cloudEventJson(event: RecordedEvent, source: EventSource): string {
  const { attributes, data } = cloudEventOf(event, source)
  return JSON.stringify({ ...attributes, datacontenttype: 'application/json', data })
}

export function cloudEventOf(event: RecordedEvent, { source, schemas }: EventSource): CloudEvent {
  const { id, type, aggregate, seq, occurredAt, cause, data } = event
  return {
    attributes: {
      specversion: '1.0',
      id,
      type,
      source,
      subject: aggregate,
      time: new Date(occurredAt).toISOString(),
      dataschema: `${schemas}/${type}.json`,
      sequence: String(seq).padStart(SEQUENCE_DIGITS, '0'),
      actor: cause.actor,
      ...(cause.requestId !== null && { requestid: cause.requestId }),
    },
    data,
  }
}
