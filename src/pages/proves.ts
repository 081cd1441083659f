import type { Evidence } from '../lottery/application/find-evidence.ts'
import { type Html, html } from './html.ts'

/** What the evidence of a draw proves to whom, with the verdicts of the verifier. */
export function proves({ date, entropy, trail }: Evidence): Html {
  const link = html`<a href="/verify?date=${date}">Check this draw in your browser</a>`
  return html`<h2>What this proves</h2>
<div class="note">
${
  entropy.kind === 'drand'
    ? html`<p>The randomness is that of a public beacon, which nobody knew before its round. With the whole audit log,
${trail.witnessed ? 'and the cosignatures of witnesses that you trust,' : 'and a seal hash or checkpoint that you kept from before the round,'}
the verifier says <em>verified: the seal was fixed before its randomness was known, so nobody could choose the winner</em>.
Without these, it says <em>re-computes</em>.</p>`
    : html`<p>The operator made the secret of this draw, and was committed to it from the start. At most, the verifier says
<em>re-computes: the result could have been chosen by the operator</em>, who knew the secret before the seal.</p>`
}
<p>This page is the operator's own word. ${link}, or better with a
<a href="/verifier.html" download>verifier that you keep</a>.</p>
</div>`
}
