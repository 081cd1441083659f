import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { tlogProof } from '../ledger/api/tlog-proof.ts'
import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { LotteryNotFound } from '../lottery/domain/errors.ts'
import { ServiceError } from '../shared/domain/service-error.ts'
import { assetRoutes, pageAssets } from './assets.ts'
import { checkPage, type Question } from './check-page.ts'
import { drawsPage } from './draws-page.ts'
import { homePage } from './home-page.ts'
import { html } from './html.ts'
import { INDEX, prefersHtml } from './index-of-links.ts'
import { type Page, sendPage } from './layout.ts'
import type { PageParts, PageSettings } from './page-parts.ts'
import { resultPage } from './result-page.ts'
import { resultsPage } from './results-page.ts'
import { verifierFiles } from './verifier-files.ts'
import { verifyRoutes } from './verify-page.ts'
import { wellKnownRoutes } from './well-known.ts'

const MONTH = /^(?:19[7-9]\d|[2-8]\d{3})-(?:0[1-9]|1[0-2])$/
/** Milliseconds for which a page is sent again as it was made, so that readers of pages cost the submits nothing. */
const FRESH_MS = 2_000
const KEPT_PAGES = 200

/** The pages for people. They show what the API tells, and take nothing in. */
export function pageRoutes(parts: PageParts, settings: PageSettings): FastifyPluginAsync {
  const kept = new LRUCache<string, Promise<Page>>({ max: KEPT_PAGES, ttl: FRESH_MS })
  const { clock } = settings

  /** Makes a page, or takes the one that was made a moment ago. */
  async function show(reply: FastifyReply, key: string, make: () => Promise<Page>): Promise<FastifyReply> {
    const page = kept.get(key) ?? make()
    kept.set(key, page, { noUpdateTTL: true })
    try {
      return sendPage(reply, await page)
    } catch (error) {
      kept.delete(key)
      if (!(error instanceof ServiceError)) throw error
      return sendPage(reply, faultPage(error))
    }
  }

  return async (app) => {
    await app.register(assetRoutes([...pageAssets(), ...verifierFiles()]))
    await app.register(wellKnownRoutes(settings))
    await app.register(verifyRoutes())
    const hidden = { schema: { hide: true } }

    app.get('/', hidden, async ({ headers }, reply) => {
      reply.header('vary', 'accept')
      if (!prefersHtml(headers.accept)) return INDEX
      return show(reply, '/', () => homePage(parts, clock.now()))
    })

    app.get<{ Querystring: { month?: unknown } }>('/results', hidden, async ({ query }, reply) => {
      const month = query.month ?? CalendarDate.of(clock.now()).slice(0, 7)
      if (typeof month !== 'string' || !MONTH.test(month)) return sendPage(reply, unknownPage())
      return show(reply, `/results?${month}`, () => resultsPage(parts, month, clock.now()))
    })

    app.get<{ Params: { date: string } }>('/results/:date', hidden, async ({ params: { date } }, reply) => {
      if (!CalendarDate.isValid(date)) return sendPage(reply, unknownPage())
      return show(reply, `/results/${date}`, () => resultPage(parts, date, clock.now()))
    })

    app.get<{ Params: { date: string } }>('/results/:date/seal.tlog-proof', hidden, async ({ params }, reply) => {
      if (!CalendarDate.isValid(params.date)) return sendPage(reply, unknownPage())
      const { sealed, witnessed, checkpoint } = (await parts.findEvidence.execute(params.date)).trail
      const { index } = sealed
      return reply
        .type('text/plain; charset=utf-8')
        .send(tlogProof({ index, proof: sealed.proof, checkpoint, ...witnessed }))
    })

    app.get('/draws', hidden, async (_request, reply) => show(reply, '/draws', () => drawsPage(parts)))

    app.get('/check', hidden, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return sendPage(reply, await checkPage(parts.findFate, questionOf(request), originOf(request)))
    })
  }
}

/** Texts of the query; a name that is given twice is not one. */
function questionOf({ query }: FastifyRequest): Question {
  const given = Object.entries(query as object).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(given) as Question
}

function originOf({ protocol, host }: FastifyRequest): string {
  return `${protocol}://${host}`
}

function unknownPage(): Page {
  return {
    title: 'There is no such page',
    status: 404,
    main: html`<p>A day is written 2026-03-10, a month 2026-03. <a href="/results">All results</a></p>`,
  }
}

function faultPage(error: ServiceError): Page {
  const isUnknown = error instanceof LotteryNotFound
  return {
    title: isUnknown ? 'There is no such lottery' : 'This cannot be shown now',
    status: isUnknown ? 404 : 503,
    main: html`<p>${error.message}</p><p><a href="/results">All results</a></p>`,
  }
}
