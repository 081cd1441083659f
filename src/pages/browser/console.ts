/// <reference lib="dom" />
/** The console: signs in, and then offers what the token may do. */
import { Api } from './console-api.ts'
import { showAudit } from './console-audit.ts'
import { find } from './console-dom.ts'
import { goToIssuer, isBackFromIssuer, tokenFromIssuer } from './console-issuer.ts'
import { showLotteries } from './console-lotteries.ts'
import { sessionOf } from './console-session.ts'
import { showState } from './console-state.ts'
import { showUsers } from './console-users.ts'

const {
  rolesClaim = 'roles',
  metrics,
  issuer = '',
  client = '',
  redirect = '',
  audience = '',
} = find('#console').dataset
const issuerClient = { issuer, client, redirect, audience }
const signInPart = find('#sign-in')
const field = find<HTMLTextAreaElement>('textarea', signInPart)
signInPart.hidden = false

find('form', signInPart).addEventListener('submit', (event) => {
  event.preventDefault()
  const token = field.value.trim()
  field.value = ''
  void signInWith(async () => token)
})
document.querySelector('#issuer')?.addEventListener('click', () => void attempt(() => goToIssuer(issuerClient)))
if (isBackFromIssuer()) void signInWith(() => tokenFromIssuer(issuerClient))
find('#sign-out').addEventListener('click', () => location.reload())

/** Signs in, or says why not. The token is kept by the object that sends requests, and nowhere else. */
function signInWith(tokenOf: () => Promise<string>): Promise<void> {
  return attempt(async () => {
    const token = await tokenOf()
    const session = sessionOf(token, rolesClaim)
    const api = new Api(token)
    await api.get('/lotteries?limit=1') // refuses a token that is not accepted
    signInPart.hidden = true
    find('#signed-in').hidden = false
    find('#who').textContent = session.who
    showLotteries(api, session)
    showState(api, metrics !== '')
    showUsers(api, session, showAudit(api))
  })
}

async function attempt(act: () => Promise<void>): Promise<void> {
  const alert = find('[role=alert]', signInPart)
  alert.replaceChildren()
  try {
    await act()
  } catch (error) {
    alert.textContent = (error as Error).message
  }
}
