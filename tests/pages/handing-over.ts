import type { Page } from 'playwright-core'
import type { Inputs } from '../../src/verify/verify.ts'
import { textOf } from './said.ts'

/** Fills the form: the long documents as files, the others as texts. */
export async function handOver(page: Page, { auditLog, ledger, witnesses, quorum, ...texts }: Inputs): Promise<void> {
  await page.evaluate("document.querySelector('details').open = true")
  for (const [name, lines] of Object.entries({ auditLog, ledger })) {
    const text = await textOf(lines)
    const file = text === undefined ? [] : { name, mimeType: 'text/plain', buffer: Buffer.from(text) }
    await page.locator(`[name=${name}-file]`).setInputFiles(file)
  }
  for (const [name, text] of Object.entries({ ...texts, witnesses: witnesses?.join('\n'), quorum: quorum?.toString() }))
    if (typeof text === 'string') await page.locator(`[name=${name}]`).fill(text)
  await page.getByRole('button', { name: 'Check the draw' }).click()
}

export async function answerOf(page: Page): Promise<string> {
  await page.locator('#answer pre').waitFor()
  return (await page.locator('#answer pre').textContent()) ?? ''
}
