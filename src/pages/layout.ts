import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

/** What a page is made of, besides the frame that all pages share. */
export interface Page {
  readonly title: string
  readonly main: Html
  /** Names of the module scripts of src/pages/browser that the page runs, without their ending. */
  readonly scripts?: readonly string[]
  /** Directives of the content security policy that replace those of all pages. */
  readonly policy?: Readonly<Record<string, string>>
  readonly status?: number
  /** The part of the menu that the page belongs to. */
  readonly section?: string
}

/** Pages load their own files and nothing else. Scripts cannot turn text into HTML or into code. */
const POLICY = {
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self'",
  'script-src': "'none'",
  'connect-src': "'none'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
}
const WITH_SCRIPTS = { 'script-src': "'self'", 'connect-src': "'self'" }

const MENU = [
  ['/', 'Today'],
  ['/results', 'Results'],
  ['/draws', 'All draws'],
  ['/check', 'My ballot'],
  ['/verify', 'Check a draw'],
] as const

/** Sends a page in the frame of all pages. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const policy = { ...POLICY, ...(page.scripts && WITH_SCRIPTS), ...page.policy }
  const header = Object.entries(policy).map(([name, value]) => `${name} ${value}`)
  return reply
    .code(page.status ?? 200)
    .header('content-security-policy', header.join(';'))
    .type('text/html; charset=utf-8')
    .send(String(frame(page)))
}

function frame({ title, main, scripts = [], section }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - Lottery Service</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/assets/pages.css">
${scripts.map((name) => html`<script type="module" src="/assets/${name}.js"></script>\n`)}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<nav aria-label="Pages"><ul>
${MENU.map(
  ([path, name]) => html`<li><a href="${path}"${path === section && html` aria-current="page"`}>${name}</a></li>\n`,
)}</ul></nav>
</header>
<main id="main">
<h1>${title}</h1>
${main}
</main>
<footer><p>All days and times are UTC. <a href="/docs">API</a> <a href="/console">Console</a></p></footer>
</body>
</html>
`
}
