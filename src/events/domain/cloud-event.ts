import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** Digits of a sequence, so that it sorts as a text. */
const SEQUENCE_DIGITS = 20

/** Where consumers find what events mean. */
export interface EventSource {
  /** URI-reference of the service: who sent it. */
  readonly source: string
  /** URL under which the schema of each type is served. */
  readonly schemas: string
}

/** An event in the terms of CloudEvents 1.0. */
export interface CloudEvent {
  /** Context attributes, by their names; `sequence`, `actor` and `requestid` are extensions. */
  readonly attributes: Readonly<Record<string, string>>
  readonly data: RecordedEvent['data']
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
