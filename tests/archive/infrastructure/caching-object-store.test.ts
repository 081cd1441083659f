import { beforeEach, describe, expect, it } from 'vitest'
import { ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { CachingObjectStore } from '../../../src/archive/infrastructure/caching-object-store.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'

const TILE = 'ledger/2026-01-01/tile/0/000'
const BALLOTS = 'ballots/lottery_year=2026/lottery_month=01/ballots.parquet'

describe('the cache of an object store', () => {
  let inner: MemoryObjectStore
  let store: CachingObjectStore
  beforeEach(async () => {
    inner = new MemoryObjectStore()
    store = new CachingObjectStore(inner, 10_000)
    await put(TILE, '0123456789')
    await put(BALLOTS, 'names a user')
  })

  const put = (key: string, text: string) =>
    store.put({ key, content: Buffer.from(text), contentType: 'text/plain', isPublic: key !== BALLOTS })
  const get = async (key: string) => Buffer.from(await store.get(key)).toString()
  const range = async (from: number, to: number) => Buffer.from(await store.range(TILE, from, to)).toString()

  it('reads a public object once', async () => {
    expect([await get(TILE), await get(TILE)]).toEqual(['0123456789', '0123456789'])
    expect(inner.reads).toHaveLength(1)
  })

  it('reads a range of a public object once', async () => {
    expect([await range(2, 4), await range(2, 4), await range(2, 5)]).toEqual(['23', '23', '234'])
    expect(inner.reads).toHaveLength(2)
  })

  it('lets readers at the same time share one request', async () => {
    expect(await Promise.all([get(TILE), get(TILE), get(TILE)])).toEqual(Array(3).fill('0123456789'))
    expect(inner.reads).toHaveLength(1)
  })

  it.each(['get', 'range'])('reads a private object anew, so that a forgotten user is gone: %s', async (method) => {
    const read = async () => Buffer.from(await (method === 'get' ? store.get(BALLOTS) : store.range(BALLOTS, 0, 5)))
    expect((await read()).toString()).toMatch(/^names/)
    await store.replace({ key: BALLOTS, content: Buffer.from('forgotten'), contentType: 'text/plain', isPublic: false })
    expect((await read()).toString()).toMatch(/^forgo/)
  })

  it('remembers no failure', async () => {
    inner.isDown = true
    await expect(Promise.all([get(TILE), get(TILE)])).rejects.toThrow('does not answer')
    inner.isDown = false
    expect(await get(TILE)).toBe('0123456789')
    await expect(store.get('manifest/2026-01.json')).rejects.toThrow(ObjectMissing)
    await put('manifest/2026-01.json', '{}')
    expect(await get('manifest/2026-01.json')).toBe('{}')
  })

  it('stays within its memory', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `evidence/2026-01-${n}.json`)
    for (const key of keys) await put(key, 'x'.repeat(1_000))
    for (const key of keys) await get(key)
    inner.reads.length = 0
    for (const key of keys.toReversed()) await get(key)
    expect(inner.reads).toHaveLength(12) // the last 8 fit, of 1,200 bytes each
    inner.reads.length = 0
    await put('events/2026-01.ndjson', 'x'.repeat(2_500))
    await get('events/2026-01.ndjson')
    await get('events/2026-01.ndjson')
    expect(inner.reads).toHaveLength(2)
  })

  it('passes the size on', async () => {
    expect(await store.sizeOf(TILE)).toBe(10)
  })
})
