import { beforeEach, expect, it } from 'vitest'
import { TODAY } from '../../support/builders.ts'
import { type Service, serve } from '../../support/http.ts'
import { SIGNER } from '../../support/ledger.ts'
import { NaiveTree } from '../../support/rfc6962.ts'

let service: Service
let ids: string[]
let tree: NaiveTree

beforeEach(async () => {
  service = await serve()
  const receipts = []
  for (let n = 0; n < 5; n += 1) {
    const user = await service.parts.register()
    receipts.push((await service.call('POST /lotteries/submit', { user_id: user, date: TODAY })).body)
  }
  ids = receipts.map(({ id }) => String(id))
  tree = new NaiveTree(receipts.map(({ leaf_hash }) => Buffer.from(String(leaf_hash), 'hex')))
})

const get = (path: string, headers: Record<string, string> = {}) =>
  service.call(`GET /lotteries/${TODAY}/${path}`, undefined, headers)

it('the proof of a ballot as text is a tlog-proof with the checkpoint of its size', async () => {
  const accept = 'text/plain'
  const present = await get(`ballots/${ids[3]}/proof`, { accept })

  for (const [ordinal, size] of [
    [1, 1],
    [2, 3],
    [4, 5],
  ] as const) {
    const { headers, text } = await get(`ballots/${ids[ordinal - 1]}/proof?size=${size}`, { accept })
    const hashes = tree.path(ordinal - 1, size).map((hash) => `${Buffer.from(hash).toString('base64')}\n`)
    const checkpoint = SIGNER.sign({ origin: `lottery.local/${TODAY}`, size, root: tree.root(size) })
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex ${ordinal - 1}\n${hashes.join('')}\n${checkpoint}`)
    expect(headers['content-type']).toMatch(/^text\/plain\b/)
  }
  expect(present.text).toBe((await get(`ballots/${ids[3]}/proof?size=5`, { accept })).text)
})

it('the two forms of the proof of a ballot have tags of their own, and vary by Accept', async () => {
  const path = `ballots/${ids[1]}/proof?size=3`
  const [json, text] = [await get(path), await get(path, { accept: 'text/plain' })]
  const known = { 'if-none-match': String(text.headers.etag) }

  expect(json.headers.etag).not.toBe(text.headers.etag)
  expect([json.headers.vary, text.headers.vary]).toEqual(['Accept', 'Accept'])
  expect((await get(path, { ...known, accept: 'text/plain' })).status).toBe(304)
  expect((await get(path, known)).status).toBe(200)
})

it('the consistency proof of a ledger from size 0 is empty', async () => {
  expect((await get('consistency?from=0&to=5')).body).toEqual({ from: 0, to: 5, proof: [] })
})
