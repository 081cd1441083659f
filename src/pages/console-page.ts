import type { FastifyPluginAsync } from 'fastify'
import { type Html, html } from './html.ts'
import { type Page, sendPage } from './layout.ts'

export interface ConsoleSettings {
  /** URL at which clients reach the service: the issuer sends operators back to `/console` there. */
  readonly publicUrl?: string
  /** OpenID Connect issuer of the callers' tokens. Undefined: tokens are pasted. */
  readonly authIssuer?: string | undefined
  readonly authAudience?: string | undefined
  /** Place of the roles in a token: names separated by dots. */
  readonly authRolesClaim?: string
  /** Public client of the issuer. Undefined: tokens are pasted. */
  readonly consoleClientId?: string | undefined
  /** Port of the listener for operators. Undefined: this listener serves the metrics. */
  readonly operationsPort?: number | undefined
}

/** The page for operators and auditors: `GET /console`. It does what the API does, with the token of its visitor. */
export function consoleRoutes(settings: ConsoleSettings, eventTypes: readonly string[]): FastifyPluginAsync {
  const page = consolePage(settings, eventTypes)
  return async (app) => {
    app.get('/console', { schema: { hide: true } }, async (_request, reply) =>
      sendPage(reply.header('cache-control', 'no-store'), page),
    )
  }
}

function consolePage(settings: ConsoleSettings, eventTypes: readonly string[]): Page {
  const { authIssuer, consoleClientId } = settings
  const hasSignIn = authIssuer !== undefined && consoleClientId !== undefined
  return {
    title: 'Console',
    scripts: ['console'],
    policy: hasSignIn ? { 'connect-src': `'self' ${new URL(authIssuer).origin}` } : {},
    main: html`<div id="console" ${facts(settings)}>
<noscript><p>The console needs JavaScript. All that it does can be done with curl too: <a href="/docs">API</a>.</p></noscript>
<section id="sign-in" hidden aria-label="Sign in">
<p>For operators and auditors. The token stays in this page's memory, and is gone when the page is closed or loaded again.</p>
${hasSignIn && html`<p><button type="button" id="issuer">Sign in at ${new URL(authIssuer).host}</button></p>`}
<form>
<label>Access token <textarea name="token" rows="4" required spellcheck="false" autocapitalize="off" autocomplete="off"></textarea></label>
<button>Sign in</button>
</form>
<p role="alert"></p>
</section>
<div id="signed-in" hidden>
<p id="who"></p>
<p><button type="button" id="sign-out">Sign out</button></p>
${lotteries()}
${users()}
${state()}
${audit(eventTypes)}
<dialog aria-labelledby="dialog-title"><h2 id="dialog-title"></h2><div class="body"></div>
<p class="buttons"><button type="button" value="yes"></button> <button type="button" value="no" autofocus>Cancel</button></p></dialog>
</div>
</div>`,
  }
}

/** What the script needs to know. None of it is a secret. */
function facts(settings: ConsoleSettings): Html {
  const {
    publicUrl = '',
    authIssuer,
    authAudience,
    authRolesClaim = 'roles',
    consoleClientId,
    operationsPort,
  } = settings
  return html`data-roles-claim="${authRolesClaim}" data-metrics="${operationsPort === undefined ? 'here' : ''}" data-issuer="${authIssuer}" data-audience="${authAudience}" data-client="${consoleClientId}" data-redirect="${publicUrl}/console"`
}

/** A part of the console. Its script fills the output, the status and the curl line. */
function part(id: string, title: string, form: Html | false): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${form}
<p class="status" role="status"></p>
<div class="output"></div>
<button type="button" class="more" hidden>More</button>
<p class="curl" hidden>The same with curl: <code></code></p>
</section>`
}

function lotteries(): Html {
  return part(
    'lotteries',
    'Lotteries',
    html`<form>
<label>Show <select name="status"><option value="">those that need attention</option><option>open</option><option>sealed</option><option>closed</option></select></label>
<button>Show lotteries</button>
</form>`,
  )
}

function users(): Html {
  return part(
    'users',
    'Users',
    html`<form>
<label><span></span> <input name="user" required maxlength="254" spellcheck="false" autocapitalize="off" autocomplete="off"></label>
<button>Find</button>
</form>`,
  )
}

function state(): Html {
  return part('state', 'State of the service', html`<form><button>Read again</button></form>`)
}

function audit(eventTypes: readonly string[]): Html {
  return part(
    'audit',
    'Audit log',
    html`<form>
<label>Aggregate <input name="aggregate" maxlength="200" placeholder="lottery/2026-03-10" spellcheck="false" autocapitalize="off" autocomplete="off"></label>
<label>Type <select name="type"><option value="">all types</option>${eventTypes.map((type) => html`<option>${type}</option>`)}</select></label>
<button>Show entries</button>
<button type="button" class="newest">Newest entries of all</button>
</form>`,
  )
}
