import { type Html, html } from './html.ts'

/** Where the form finds the documents of a lottery, when the visitor came with a day. */
export interface Prefilled {
  readonly evidence?: string
  readonly ledger?: string
  readonly auditLog?: string
}

/** The form of a check. `src/pages/browser/verify-form.ts` reads it. Without a network, documents have no URL. */
export function verifyForm(filled: Prefilled, { isOnline }: { isOnline: boolean }): Html {
  const document = (name: string, title: string, hint: string, text?: string) => html`<fieldset>
<legend>${title}</legend>
<p>${hint}</p>
<label>File of the ${title.toLowerCase()} <input type="file" name="${name}-file"></label>
<label>Or its text${isOnline && ', or its URL'} <textarea name="${name}" rows="2" spellcheck="false" autocapitalize="off">${text}</textarea></label>
</fieldset>
`
  return html`<form id="verify">
${document('evidence', 'Evidence', 'All that the draw needs: GET /lotteries/{date}/evidence.', filled.evidence)}
${document('auditLog', 'Audit log', 'The whole log shows that there was one seal: GET /audit/log (--audit-log).', filled.auditLog)}
${document('ledger', 'Ledger', 'Every ballot of the lottery: GET /lotteries/{date}/ledger (--ledger).', filled.ledger)}
<fieldset>
<legend>Whom you trust</legend>
<label>Key of the log, which you wrote down before (--key) ${line('key')}</label>
<label>Keys of witnesses that the operator does not run, one in a line (--witness) <textarea name="witnesses" rows="3" spellcheck="false" autocapitalize="off"></textarea></label>
<label>How many witnesses must have seen the seal; if empty, more than half (--quorum) <input name="quorum" type="number" min="1" step="1"></label>
</fieldset>
<details>
<summary>What you kept, and your own ballot</summary>
<fieldset>
<legend>What you kept from before the draw</legend>
<label>Seal hash (--seal-hash) ${line('sealHash')}</label>
<label>Commitment (--commitment) ${line('commitment')}</label>
</fieldset>
${document('checkpoint', 'Checkpoint', 'A checkpoint of the audit log, kept before the round was due: GET /audit/checkpoint (--checkpoint).')}
${document('receipt', 'Receipt', 'The answer to your submit. It stays in your browser (--receipt).')}
${document('proof', 'Proof', 'In place of the ledger: GET /lotteries/{date}/ballots/{id}/proof. It needs the receipt (--proof).')}
${document('previous', 'Previous evidence', 'Evidence of the lottery that was sealed before this one (--previous).')}
</details>
<button>Check the draw</button>
</form>
<p id="progress"></p>
<p id="verdict" class="big" role="status"></p>
<section id="answer" aria-label="Answer"></section>
`
}

function line(name: string): Html {
  return html`<input name="${name}" spellcheck="false" autocapitalize="off" autocomplete="off">`
}
