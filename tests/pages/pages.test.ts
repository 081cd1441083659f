import { describe, expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { type Service, serve, serveAll } from '../support/http.ts'
import { BANNED_DAY, EMPTY_DAY, OPEN_DAY, playThreeDays } from '../support/three-days.ts'

const HTML = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }

let service: Service
let ballots: Map<string, string[]>
serveAll(async (served) => {
  service = served
  ballots = (await playThreeDays(served.parts)).ballots
})

const get = (path: string) => service.call(`GET ${path}`, undefined, HTML)
const textOf = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('the first page', () => {
  it('shows today and the latest results to browsers, and an index of links to programs', async () => {
    const page = await get('/')
    const text = textOf(page.text)

    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(text).toContain(`The lottery of ${OPEN_DAY}`)
    expect(text).toMatch(/4 ballots, \d+ hours/)
    expect(text).toMatch(/2026-03-09 0 no ballots, no winner 2026-03-08 5 ballot [-0-9a-f]{36} 2026-03-07 5/)
    expect((await service.call('GET /')).body).toMatchObject({ lotteries: '/lotteries', docs: '/docs' })
    expect(
      (await service.call('GET /', undefined, { accept: 'application/json, text/html;q=0.5' })).body,
    ).toHaveProperty('keys')
  })

  it('says so when there is neither a ballot nor a result yet', async () => {
    const { call } = await serve()

    expect(textOf((await call('GET /', undefined, HTML)).text)).toMatch(/No ballot yet.*There is no result yet/)
  })
})

describe('the page of a result', () => {
  it('shows the winner, the exclusions with their time, the seal, and what it proves', async () => {
    const text = textOf((await get(`/results/${BANNED_DAY}`)).text)
    const { body } = await service.call(`GET /lotteries/${BANNED_DAY}`)

    expect(text).toContain(`Winner: ballot ${body.winner_ballot_id}`)
    expect(text).toContain(`Seal hash ${body.seal_hash}`)
    expect(text).toMatch(/Could win 4 Excluded 1/)
    expect(text).toMatch(/3 banned 2026-03-08 15:30:00/)
    expect(text).toContain('At most, the verifier says re-computes')
    expect(text).toContain("This page is the operator's own word.")
  })

  it('of a lottery without ballots has no winner, and of an open one no downloads that are not there', async () => {
    expect(textOf((await get(`/results/${EMPTY_DAY}`)).text)).toContain('Winner: no ballots, no winner')
    const open = (await get(`/results/${OPEN_DAY}`)).text
    expect(textOf(open)).toContain('open: it accepts ballots')
    expect(open).not.toContain('evidence')
  })

  it('has links that lead to files', async () => {
    const links = [
      ...(await get(`/results/${BANNED_DAY}`)).text.matchAll(/href="(\/(?:lotteries|results|audit)[^"]+)"/g),
    ]

    expect(links).toHaveLength(5)
    for (const [, link = ''] of links)
      expect([link, (await get(link.replaceAll('&amp;', '&'))).status]).toEqual([link, 200])
    expect((await get(`/results/${BANNED_DAY}/seal.tlog-proof`)).text).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex \d+\n/)
  })
})

describe('the results of a month', () => {
  it('are a calendar and a table', async () => {
    const { text } = await get('/results?month=2026-03')

    expect([...text.matchAll(/<li>.*?<\/li>/g)].filter(([day]) => day.includes('/results/2026-03-')).length).toBe(4)
    expect(text).toContain('href="/results?month=2026-02"')
    expect(text).toContain('href="/results?month=2026-04"')
    expect(textOf((await get('/results?month=2025-01')).text)).toContain('This month has no lotteries.')
  })
})

describe('the page of all draws', () => {
  it('counts the winners', async () => {
    expect(textOf((await get('/draws')).text)).toMatch(/2 draws with a winner\..*Chi-square: \d+\.\d\d/)
  })
})

describe('the page of a ballot', () => {
  it('says that it waits, won, lost, was excluded, or is not in the ledger', async () => {
    const { body } = await service.call(`GET /lotteries/${BANNED_DAY}`)
    const [first, second, third] = ballots.get(BANNED_DAY) ?? []
    const lost = [first, second].find((id) => id !== body.winner_ballot_id)
    const fateOf = async (day: string, id: string | null | undefined) =>
      /class="big[^>]*>([^<]+)/.exec((await get(`/check?date=${day}&id=${id ?? ''}`)).text)?.[1]

    expect(await fateOf(OPEN_DAY, ballots.get(OPEN_DAY)?.[0])).toBe('In the ledger. The lottery is not drawn yet.')
    expect(await fateOf(BANNED_DAY, body.winner_ballot_id)).toBe('Won.')
    expect(await fateOf(BANNED_DAY, lost)).toBe('In the ledger, and did not win.')
    expect(await fateOf(BANNED_DAY, third)).toMatch(/^In the ledger, and excluded/)
    expect(await fateOf(BANNED_DAY, ballots.get(OPEN_DAY)?.[0])).toMatch(/^Not in the ledger/)
    expect(await fateOf('2020-01-01', first)).toMatch(/^Not in the ledger/)
    expect(await fateOf('2026-02-30', 'x')).toMatch(/^This names no ballot/)
  })

  it('has a QR code of its link, and is kept in no cache', async () => {
    const page = await get(`/check?date=${OPEN_DAY}&id=${ballots.get(OPEN_DAY)?.[0]}`)

    expect(page.text).toMatch(/<svg class="qr" role="img"[^>]*>\s*<rect[^>]*><path d="M/)
    expect(page.headers['cache-control']).toBe('no-store')
  })
})

describe('every page', () => {
  it.each([
    '/results/2026-02-30',
    '/results/2020-01-01',
    '/results/%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    '/results?month=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E',
    '/results?month=2026-13',
    '/results?month=1969-12',
    '/results?month=2026-03&month=2026-04',
  ])('answers %s with 404 as HTML, and repeats nothing of it', async (path) => {
    const { status, headers, text } = await get(path)

    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(text).not.toMatch(/alert|onerror/)
  })

  it('shows what a visitor typed as text', async () => {
    const markup = encodeURIComponent('"><script>alert(1)</script>')
    const { text } = await get(`/check?date=${markup}&id=${markup}`)

    expect(text).not.toContain('<script>')
    expect(text).toContain('&lt;script&gt;')
  })

  it('forbids foreign content, framing, and text that becomes code', async () => {
    for (const path of ['/', '/results', `/results/${BANNED_DAY}`, '/draws', '/check']) {
      const { headers, text } = await get(path)
      const policy = String(headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'none';/)
      expect(policy).toContain("require-trusted-types-for 'script'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(headers['set-cookie']).toBeUndefined()
      expect(text).not.toMatch(/style=|<style|<script(?! type="module" src="\/assets\/\w+\.js"><\/script>)|\son\w+=/)
    }
  })
})

describe('the files beside the pages', () => {
  it('are served with their types, and not again while they are the same', async () => {
    const { status, headers, text } = await get('/assets/check.js')
    expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(text).not.toContain(': string')
    const again = await service.call('GET /assets/check.js', undefined, { 'if-none-match': String(headers.etag) })
    expect(again.status).toBe(304)
    expect((await get('/robots.txt')).text).toContain('Disallow: /console')
  })

  it('have a security.txt when a contact is configured, and only then', async () => {
    const { call } = await serve({ securityContact: 'mailto:security@example.org' })

    expect((await call('GET /.well-known/security.txt')).text).toMatch(
      /^Contact: mailto:security@example\.org\nExpires: 2026-06-08T12:00:00\.000Z\n/,
    )
    expect((await get('/.well-known/security.txt')).status).toBe(404)
  })
})

describe('a receipt', () => {
  it('can be had again by its owner and by an operator, with the same entry and salt, and by no one else', async () => {
    const { call } = await serve()
    const ada = await bearer('participant', 'ada')
    await call('POST /users', { email: 'ada@example.org' }, ada)
    const receipt = (await call('POST /lotteries/submit', {}, ada)).body
    await call('POST /lotteries/submit', {}, ada)
    const again = (headers: Record<string, string>) =>
      call(`GET /lotteries/${receipt.lottery_date}/ballots/${receipt.id}/receipt`, undefined, headers)
    const bob = await bearer('participant', 'bob')
    await call('POST /users', { email: 'bob@example.org' }, bob)

    const { body, headers } = await again(ada)
    expect({ ...body, checkpoint: '' }).toEqual({ ...receipt, checkpoint: '' })
    expect(String(body['checkpoint'])).toMatch(/^\S+\n2\n/)
    expect(headers['cache-control']).toBe('private, no-store')
    expect((await again(await bearer('operator'))).body.salt).toBe(receipt.salt)
    expect([(await again(bob)).status, (await again({})).status]).toEqual([403, 401])
  })
})
