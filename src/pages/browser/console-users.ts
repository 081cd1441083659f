/// <reference lib="dom" />
/** Finding a user, and the user's ban. */
import { type Api, withQuery } from './console-api.ts'
import { confirmBan, inWords, openBallotsOf, pathOf, type User } from './console-ban.ts'
import { button, code, coloured, description, element, timeOf } from './console-dom.ts'
import { Part } from './console-part.ts'
import type { Session } from './console-session.ts'

/** `showEvents` shows what the audit log has of an aggregate. */
export function showUsers(api: Api, session: Session, showEvents: (aggregate: string) => void): void {
  const part = new Part('users')
  part.label(session.isOperator ? 'E-mail address or user id' : 'User id')
  part.onSubmit(async () => {
    part.show()
    const asked = part.value('user')
    const byEmail = asked.includes('@')
    const path = byEmail ? withQuery('/users', { email: asked }) : pathOf({ id: asked })
    part.showCurl(path)
    const user = byEmail
      ? (await api.get<{ readonly items: readonly User[] }>(path)).items[0]
      : await api.get<User>(path)
    if (user) await show(user)
    else part.show(element('p', 'No user has this e-mail address.'))
  })

  async function show(user: User): Promise<void> {
    const ballots = await openBallotsOf(api, user)
    const { id, email, name, banned_at: banned } = user
    const ban = banned === null ? 'not banned' : coloured('bad', `banned since ${timeOf(banned)}`)
    const events = button('Events in the audit log', async () => showEvents(`user/${id}`))
    part.show(
      description([
        ['Id', code(id)],
        ['E-mail', email ?? 'not shown to you'],
        ['Name', name ?? 'none'],
        ['Ban', ban],
        ['In open lotteries', inWords(ballots)],
      ]),
      element('p', ...(session.isOperator ? [banning(user), ' '] : []), events),
    )
  }

  function banning(user: User): HTMLButtonElement {
    const isBan = user.banned_at === null
    const path = `${pathOf(user)}/${isBan ? 'ban' : 'unban'}`
    return button(isBan ? 'Ban' : 'Unban', () =>
      part.attempt(async () => {
        if (!(await confirmBan(user, path, await openBallotsOf(api, user)))) return 'Nothing was changed.'
        await api.post(path)
        await show(await api.get<User>(pathOf(user)))
        return isBan ? 'The user is banned.' : 'The user is not banned any more.'
      }),
    )
  }
}
