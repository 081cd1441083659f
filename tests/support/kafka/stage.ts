import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach } from 'vitest'
import { query } from '../test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'
import type { ReadMessage } from './reading.ts'

/** Creates a topic, so that it can be read before its first message is written. */
export async function newTopic(bootstrap: string): Promise<string> {
  const topic = `test.${randomUUID()}`
  const admin = new Kafka({ clientId: 'stage', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
  } finally {
    await admin.disconnect()
  }
  return topic
}

/** Provides a database for every test, and runs the steps of `atEnd` after the test, last first. */
export function stage() {
  const undo: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  return {
    atEnd: (step: () => Promise<unknown>) => void undo.push(step),
    database: async (): Promise<TestDatabase> => {
      const database = await createTestDatabase()
      undo.push(() => database.drop())
      return database
    },
  }
}

/** Records the next `count` events of every aggregate, with data of `bytes` length. */
export async function record(url: string, aggregates: readonly string[], count: number, bytes = 1): Promise<void> {
  await query(
    url,
    `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
     select a, (select coalesce(max(seq), 0) from outbox where aggregate = a) + n, gen_random_uuid(), 'user.banned.v1',
       jsonb_build_object('user_id', repeat('x', $3)), 'anonymous', clock_timestamp()
     from generate_series(1, $2::int) n, unnest($1::text[]) a order by n`,
    [aggregates, count, bytes],
  )
}

export function unpublished(url: string, aggregate = '%'): Promise<{ id: string; attempts: number }[]> {
  return query(
    url,
    'select id, attempts from outbox where published_at is null and aggregate like $1 order by position',
    [aggregate],
  )
}

/** Sequence numbers of every aggregate, in the order in which they were first read. */
export function firstSeqs(messages: readonly ReadMessage[]): Record<string, number[]> {
  const seen = new Set<string | undefined>()
  const seqs: Record<string, number[]> = {}
  for (const { key = '', headers } of messages) {
    const { ce_id: id, ce_sequence: seq } = headers
    if (seen.has(id)) continue
    seen.add(id)
    seqs[key] = [...(seqs[key] ?? []), Number(seq)]
  }
  return seqs
}
