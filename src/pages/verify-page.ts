import type { FastifyPluginAsync } from 'fastify'
import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { markImmutable } from '../shared/api/immutable.ts'
import { type Asset, pageAssets } from './assets.ts'
import { type Html, html } from './html.ts'
import { type Page, sendPage } from './layout.ts'
import { verifierFiles } from './verifier-files.ts'
import { VERIFIER_HTML, verifierHtml } from './verifier-html.ts'
import { verifyForm } from './verify-form.ts'

/** The page starts one worker. The worker reads the documents, under a policy of its own; the page itself reads nothing. */
const POLICY = {
  'worker-src': "'self'",
  'connect-src': "'none'",
  'form-action': "'none'",
  'trusted-types': 'verifier',
}

/** The page that checks a draw in the browser, the files that it runs, and the same in one file to keep. */
export function verifyRoutes(): FastifyPluginAsync {
  const files = verifierFiles()
  const single = verifierHtml()
  const shown = [...pageAssets().filter(({ path }) => path.startsWith('/assets/verify')), ...files]
  return async (app) => {
    app.get('/verify', { schema: { hide: true } }, async ({ query }, reply) => {
      const { date } = query as { date?: unknown }
      return sendPage(reply, verifyPage(typeof date === 'string' ? date : undefined, [single, ...shown]))
    })

    app.get(VERIFIER_HTML, { schema: { hide: true } }, async (_request, reply) => {
      markImmutable(reply, single.hash)
      return reply
        .header('content-disposition', 'attachment; filename="verifier.html"')
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(single.body)
    })
  }
}

function verifyPage(date: string | undefined, files: readonly Asset[]): Page {
  const isDay = date !== undefined && CalendarDate.isValid(date)
  const lottery = `/lotteries/${date}`
  const filled = isDay ? { evidence: `${lottery}/evidence`, ledger: `${lottery}/ledger`, auditLog: '/audit/log' } : {}
  return {
    title: isDay ? `Check the draw of ${date}` : 'Check a draw',
    section: '/verify',
    scripts: ['verify'],
    policy: POLICY,
    main: html`${date !== undefined && !isDay && html`<p role="status">A day is written 2026-03-10.</p>`}
<p>Your browser draws the lottery again and checks every signature and hash. It runs the same program as the command line,
and gives the same verdicts. What you hand over stays in your browser. Only documents with a URL are fetched.</p>
<p class="note"><strong>This page comes from the operator.</strong> If you distrust the operator, its answer proves nothing to
you: an operator who lies about the draw can also send a page that lies. Then use a copy that you have from somewhere else:
<a href="${VERIFIER_HTML}" download>verifier.html</a> is this program in one file. It runs from your disk and cannot connect
to anything. Compare its SHA-256 with the one that others see, or build it yourself from the source with
<code>npm run verifier:html</code>.</p>
<noscript><p>Checking needs JavaScript. Without it, use the command line: <code>npm run verify</code>.</p></noscript>
${verifyForm(filled, { isOnline: true })}
<h2>What this page runs</h2>
${hashesOf(files)}`,
  }
}

function hashesOf(files: readonly Asset[]): Html {
  return html`<details><summary>SHA-256 of its ${files.length} files</summary>
<dl class="hashes">${files.map(({ path, hash }) => html`<dt><a href="${path}">${path}</a></dt><dd><code>${hash}</code></dd>\n`)}</dl>
</details>`
}
