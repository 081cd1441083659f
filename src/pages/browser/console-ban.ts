/// <reference lib="dom" />
/** Asks before a ban, or before the end of one, and says which open lotteries it touches. */
import { type Api, curlOf } from './console-api.ts'
import { code, element, find } from './console-dom.ts'
import type { Lottery } from './console-lotteries.ts'

export interface User {
  readonly id: string
  readonly email?: string
  readonly name?: string | null
  readonly banned_at: string | null
}

/** Numbers of a user's ballots, by the days of lotteries that are not sealed. */
export type OpenBallots = ReadonlyMap<string, number>

export function pathOf({ id }: Pick<User, 'id'>): string {
  return `/users/${encodeURIComponent(id)}`
}

export async function openBallotsOf(api: Api, user: User): Promise<OpenBallots> {
  const days = new Set<string>()
  for await (const { date } of api.all<Lottery>('/lotteries', { status: 'open' })) days.add(date)
  const counts = new Map<string, number>()
  const oldest = [...days].sort()[0]
  if (oldest === undefined) return counts
  for await (const { lottery_date: date } of api.all<{ readonly lottery_date: string }>(`${pathOf(user)}/ballots`)) {
    if (date < oldest) break // the newest come first
    if (days.has(date)) counts.set(date, (counts.get(date) ?? 0) + 1)
  }
  return counts
}

export function inWords(ballots: OpenBallots): string {
  if (ballots.size === 0) return 'none'
  const parts = [...ballots].map(([date, count]) => `${count} ${count === 1 ? 'ballot' : 'ballots'} in ${date}`)
  return parts.join(', ')
}

/** Resolves to whether the visitor said yes. */
export function confirmBan(user: User, path: string, ballots: OpenBallots): Promise<boolean> {
  const isBan = user.banned_at === null
  const effect = isBan
    ? 'The user cannot submit ballots any more, and these ballots cannot win:'
    : 'The user can submit ballots again, and these ballots can win again:'
  const dialog = find<HTMLDialogElement>('dialog')
  find('h2', dialog).textContent = `${isBan ? 'Ban' : 'Unban'} ${user.email ?? user.id}?`
  find('.body', dialog).replaceChildren(
    element('p', effect, ' ', inWords(ballots), '.'),
    element('p', code(curlOf('POST', path))),
  )
  const yes = find<HTMLButtonElement>('[value=yes]', dialog)
  yes.textContent = isBan ? 'Ban' : 'Unban'
  for (const choice of [yes, find<HTMLButtonElement>('[value=no]', dialog)])
    choice.onclick = () => dialog.close(choice.value)
  dialog.returnValue = '' // the Escape key gives no other
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}
