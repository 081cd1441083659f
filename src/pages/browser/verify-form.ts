/// <reference lib="dom" />
/** The form of a check, and its answer. The page and the single file share it. */
import type { CheckAnswer, CheckRequest, Given } from './verify-run.ts'

/** Colour of each verdict. */
const COLOURS = ['good', 'bad', 'bad', 'wait'] as const
const URL_OR_PATH = /^(https?:\/)?\/\S*$/

/** Calls `check` whenever the form is sent, with what it holds. */
export function onCheck(check: (request: CheckRequest, show: Show) => void | Promise<void>): void {
  const form = document.querySelector<HTMLFormElement>('#verify')
  if (!form) return
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void check(requestOf(form), showAnew())
  })
  for (const group of form.querySelectorAll('fieldset')) takeOneOf(group)
  for (const name of ['dragover', 'drop'] as const)
    document.addEventListener(name, (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault())
}

/** A document is a file or a text: the later one replaces the earlier one. A file may be dropped on both. */
function takeOneOf(group: HTMLFieldSetElement): void {
  const file = group.querySelector<HTMLInputElement>('input[type=file]')
  const text = group.querySelector('textarea')
  if (!file || !text) return
  file.addEventListener('change', () => {
    text.value = ''
  })
  text.addEventListener('input', () => {
    file.value = ''
  })
  group.addEventListener('drop', ({ dataTransfer }) => {
    if (!dataTransfer?.files.length) return
    file.files = dataTransfer.files
    text.value = ''
  })
}

function requestOf(form: HTMLFormElement): CheckRequest {
  const value = (name: string) => form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value.trim() || undefined
  const quorum = value('quorum')
  return {
    evidence: given(form, 'evidence') ?? '',
    key: value('key'),
    witnesses: value('witnesses')?.split(/\s+/),
    quorum: quorum === undefined ? undefined : Number(quorum),
    sealHash: value('sealHash'),
    commitment: value('commitment'),
    checkpoint: withLineFeed(given(form, 'checkpoint')),
    ledger: given(form, 'ledger'),
    auditLog: given(form, 'auditLog'),
    receipt: given(form, 'receipt'),
    proof: given(form, 'proof'),
    previous: given(form, 'previous'),
  }
}

function given(form: HTMLFormElement, name: string): Given | undefined {
  const file = form.querySelector<HTMLInputElement>(`[name="${name}-file"]`)?.files?.[0]
  if (file) return file
  const text = form.querySelector<HTMLTextAreaElement>(`[name="${name}"]`)?.value ?? ''
  if (text.trim() === '') return undefined
  return URL_OR_PATH.test(text.trim()) ? { url: new URL(text.trim(), location.href).href } : text
}

/** A signed note ends with a line feed, which is easily lost when it is copied. */
function withLineFeed(note: Given | undefined): Given | undefined {
  return typeof note === 'string' && !note.endsWith('\n') ? `${note}\n` : note
}

export interface Show {
  progress(line: string): void
  answer(answer: CheckAnswer): void
}

/** Clears the answer before. */
function showAnew(): Show {
  const [progress, verdict, place] = ['#progress', '#verdict', '#answer'].map((id) => document.querySelector(id))
  for (const old of [verdict, place]) old?.replaceChildren()
  return {
    progress: (line) => progress?.replaceChildren(line),
    answer: (answer) => {
      progress?.replaceChildren()
      verdict?.replaceChildren(answer.headline)
      verdict?.setAttribute('class', `big ${COLOURS[answer.verdict]}`)
      const links = answer.notes.map(({ name, text }) => {
        const link = element('a', name)
        link.download = name
        link.href = URL.createObjectURL(new Blob([text]))
        return element('p', link)
      })
      place?.replaceChildren(...links, element('pre', answer.lines.join('\n')))
    },
  }
}

/** Text stays text: nothing that was read becomes markup. */
function element<Name extends 'a' | 'p' | 'pre'>(name: Name, child: string | Node): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.append(child)
  return made
}
