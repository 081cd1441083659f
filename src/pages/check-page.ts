import type { Fate, FindFate } from '../lottery/application/find-fate.ts'
import type { BallotId } from '../lottery/domain/ballot.ts'
import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../lottery/domain/errors.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'
import { qrCode } from './qr-code.ts'
import { numberOf, timeOf } from './words.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What a visitor typed. */
export interface Question {
  readonly date?: string | undefined
  readonly id?: string | undefined
}

/** What became of a ballot. `origin` is the address of the service, for the link that is printed. */
export async function checkPage(findFate: FindFate, { date = '', id = '' }: Question, origin: string): Promise<Page> {
  const isAsked = date !== '' || id !== ''
  const place = CalendarDate.isValid(date) && UUID.test(id) ? { date, id: id as BallotId } : undefined
  return {
    title: 'My ballot',
    section: '/check',
    scripts: ['check'],
    main: html`${isAsked && html`<div role="status">${place ? await answer(findFate, place, origin) : malformed()}</div>`}
<h2>Look up a ballot</h2>
<div id="receipt" hidden>
<label>Your receipt: paste it, or drop its file here <textarea rows="6" spellcheck="false"></textarea></label>
<p role="alert"></p>
<p>The receipt stays in your browser: only its day and its ballot's id are looked up. Keep it to yourself, since its salt
shows that the ballot is yours. To check the promise in it, use <a href="/verify">check a draw</a>.</p>
</div>
<form method="get" action="/check">
<label>Day <input name="date" value="${date}" placeholder="2026-03-10" inputmode="numeric" maxlength="10" required></label>
<label>Ballot id <input name="id" value="${id}" maxlength="36" spellcheck="false" autocapitalize="off" required></label>
<button>Look it up</button>
</form>`,
  }
}

async function answer(
  findFate: FindFate,
  { date, id }: { date: CalendarDate; id: BallotId },
  origin: string,
): Promise<Html> {
  try {
    const fate = await findFate.execute(date, id)
    return html`${wordsOf(fate)}
<p>Ballot number ${numberOf(fate.ballot.ordinal)} of the <a href="/results/${date}">lottery of ${date}</a>, submitted ${timeOf(fate.ballot.submittedAt)}.
<a href="/lotteries/${date}/ballots/${id}/proof">Proof that it is in the ledger</a></p>
<figure>${qrCode(`${origin}/check?date=${date}&id=${id}`)}<figcaption>A link to this page, to print</figcaption></figure>`
  } catch (error) {
    if (error instanceof LotteryNotFound || error instanceof BallotNotFound)
      return html`<p class="big bad">Not in the ledger. ${error.message}</p>
<p>If you hold a signed receipt of it, keep the receipt: together with the ledger, it proves that the ballot was removed.</p>`
    throw error
  }
}

function wordsOf(fate: Fate): Html {
  switch (fate.kind) {
    case 'waiting':
      return html`<p class="big wait">In the ledger. The lottery is not drawn yet.</p>`
    case 'won':
      return html`<p class="big good">Won.</p>`
    case 'lost':
      return html`<p class="big">In the ledger, and did not win.</p>`
    case 'excluded':
      return html`<p class="big bad">In the ledger, and excluded from the draw: its user was banned before the seal.</p>
<p>Event of the ban: <code>${fate.exclusion.eventId}</code></p>`
  }
}

function malformed(): Html {
  return html`<p class="big bad">This names no ballot. A day is written 2026-03-10, an id has 36 characters.</p>`
}
