/** Rules that every event of the audit log keeps: sections 2 to 4 of lottery-draw-v2. */
import { regularRound, roundOf } from '../verify/beacon.ts'
import { banned, type Chain, closed, created, event, type LogEvent, sealed, VERSION } from '../verify/document.ts'
import { sealHash } from '../verify/draw.ts'
import { canonical, parseJson, Refusal } from '../verify/json.ts'
import { midnightAfter } from '../verify/primitives.ts'
import { Contradiction } from './contradiction.ts'
import { type LotteryFacts, STAGES, type Stage, type State, type UserFacts } from './state.ts'

const MAX_PRIZES = 100

/** Reads an event of a lottery that an earlier visit accepted. */
export function dataOf<S extends Stage>(facts: LotteryFacts, stage: S): ReturnType<(typeof FORMS)[S]> | undefined {
  const line = facts.events[stage]
  if (line === undefined) return undefined
  return FORMS[stage](eventIn(line, stage).data, stage) as ReturnType<(typeof FORMS)[S]>
}

/** Time of an event of a lottery, in milliseconds since 1970-01-01. */
export function timeOfEvent(facts: LotteryFacts, stage: Stage): number {
  return Date.parse(eventIn(facts.events[stage] ?? '', stage).occurred_at)
}

const FORMS = { created, sealed, closed }

/**
 * Takes the next line of the log into the state.
 *
 * @throws Contradiction when the event breaks a rule. The state is then of no more use.
 */
export function addEvent(state: State, line: string, index: number, chain: Chain): void {
  const what = `event ${index} of the audit log`
  const proofs = [{ name: `event-${index}.json`, text: line }]
  try {
    const logEvent = eventIn(line, what)
    if (canonical(parseJson(line, what)) !== line) throw new Refusal(`${what} is not canonical JSON`)
    const stage = STAGES.find((name) => logEvent.type === `lottery.${name}.v1`)
    if (stage) addStage(state, stage, logEvent, { line, what, chain, proofs })
    else if (/^user\.(registered|banned|unbanned)\.v1$/.test(logEvent.type)) addUserEvent(state, logEvent, what)
  } catch (error) {
    throw error instanceof Refusal ? new Contradiction(`${error.message}.`, proofs) : error
  }
}

function eventIn(line: string, what: string): LogEvent {
  return event(parseJson(line, what), what)
}

interface Line {
  readonly line: string
  readonly what: string
  readonly chain: Chain
  /** Texts that prove a broken rule. Earlier events of the lottery are added to it. */
  readonly proofs: { name: string; text: string }[]
}

function addStage(state: State, stage: Stage, { data, aggregate, seq }: LogEvent, given: Line): void {
  const { line, what, chain, proofs } = given
  const { date } = FORMS[stage](data, what)
  const facts = state.lotteries.get(date) ?? { events: {}, seenAt: {} }
  for (const [name, text] of Object.entries(facts.events)) proofs.push({ name: `${date}-${name}.json`, text })
  const done = Object.keys(facts.events).length
  demand(aggregate === `lottery/${date}`, `${what} names two dates`)
  demand(facts.events[stage] === undefined, `${what} is a second ${stage} event of ${date}`)
  demand(STAGES[done] === stage, `${what}, the ${stage} event of ${date}, comes before the ${STAGES[done]} event`)
  demand(seq === done + 1, `${what} has the seq ${seq}, but it is event ${done + 1} of ${aggregate}`)

  facts.events[stage] = line
  if (stage === 'created') checkCreated(facts, what, chain)
  else if (stage === 'sealed') checkSealed(state, facts, what, chain)
  else demand(dataOf(facts, 'closed')?.seal_hash === dataOf(facts, 'sealed')?.seal_hash, `${what} names another seal`)
  state.lotteries.set(date, facts)
}

function checkCreated(facts: LotteryFacts, what: string, chain: Chain): void {
  const data = dataOf(facts, 'created')
  if (!data) return
  const { entropy, date, prizes } = data
  demand(data.draw === VERSION && prizes <= MAX_PRIZES, `${what} creates no lottery of ${VERSION}`)
  if (entropy.kind === 'commit-reveal') return
  demand(entropy.chain_hash === chain.chain_hash, `${what} names another beacon than quicknet`)
  demand(entropy.round === regularRound(chain, date), `${what} does not name the regular round of ${date}`)
}

function checkSealed(state: State, facts: LotteryFacts, what: string, chain: Chain): void {
  const terms = dataOf(facts, 'created')
  const seal = dataOf(facts, 'sealed')
  if (!terms || !seal) return
  const { entropy, prizes } = terms
  const source = entropy.kind === 'drand' ? entropy.chain_hash : entropy.commitment
  const sealedAt = Date.parse(seal.sealed_at)
  const isOfTerms = seal.kind === entropy.kind && seal.source === source && seal.prizes === prizes
  const { id } = eventIn(facts.events.created ?? '', what)
  demand(isOfTerms && seal.created_event_id === id, `${what} seals other terms than those of the created event`)
  demand(seal.attempt === 0, `${what} has the attempt ${seal.attempt}`)
  demand(seal.excluded_count <= seal.ballot_count, `${what} excludes more ballots than there are`)
  demand(sealedAt >= midnightAfter(seal.date), `${what} seals ${seal.date} before its day is over`)
  const round = seal.kind === 'drand' ? roundOf(chain, seal.date, sealedAt).round : 0
  demand(seal.round === round, `${what} names round ${seal.round}, but by the time of the seal it is ${round}`)
  demand(seal.seal_hash === sealHash(seal), `${what} states a seal hash that its fields do not give`)
  demand(seal.previous_seal_hash === state.lastSealHash, `${what} does not follow the seal before it in the log`)
  state.lastSealHash = seal.seal_hash
  facts.bannedUsers = [...state.users.values()].filter(({ isBanned }) => isBanned).length
}

/** Checks the order of bans. Users without a ban are not kept: the first ban must follow the registration, with seq 2. */
function addUserEvent(state: State, { type, data, aggregate, seq }: LogEvent, what: string): void {
  const { user_id: user } = banned(data, what)
  demand(aggregate === `user/${user}`, `${what} names two users`)
  const facts: UserFacts | undefined = state.users.get(user)
  const isBan = type === 'user.banned.v1'
  const last = type === 'user.registered.v1' ? 0 : (facts?.seq ?? 1)
  demand(seq === last + 1, `${what} has the seq ${seq}, but ${last + 1} is the next of ${aggregate}`)
  if (type === 'user.registered.v1') {
    demand(!facts, `${what} registers a user who was registered before`)
    return
  }
  demand((facts?.isBanned ?? false) !== isBan, `${what} ${isBan ? 'bans a banned user' : 'lifts no ban'}`)
  state.users.set(user, { seq, isBanned: isBan })
}

function demand(isKept: boolean, sentence: string): void {
  if (!isKept) throw new Refusal(sentence)
}
