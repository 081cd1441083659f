import type { Identity } from '../../shared/domain/caller.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { UserAlreadyBanned } from './errors.ts'

/** Stored state of a user. */
export interface UserState {
  readonly id: UserId
  readonly email: string
  readonly name: string | null
  /** Token subject that the user belongs to; null when the user was registered without a token of its own. */
  readonly identity: Identity | null
  readonly bannedAt: Instant | null
  readonly createdAt: Instant
  /** `seq` of the last domain event. */
  readonly lastSeq: number
}

export interface NewUser {
  readonly id: UserId
  readonly email: string
  readonly name: string | null
  readonly identity?: Identity | undefined
}

/** A person who can take part, unless banned. Events name the person by id only. */
export class User {
  #state: Omit<UserState, 'lastSeq'>
  readonly #events: DomainEvents

  private constructor({ lastSeq, ...state }: UserState) {
    this.#state = state
    this.#events = new DomainEvents(`user/${state.id}`, lastSeq)
  }

  static register(person: NewUser, at: Instant, cause: Cause): User {
    const user = new User({ ...person, identity: person.identity ?? null, bannedAt: null, createdAt: at, lastSeq: 0 })
    user.#events.record('user.registered.v1', at, cause, { user_id: person.id })
    return user
  }

  static rehydrate(state: UserState): User {
    return new User(state)
  }

  get state(): UserState {
    return { ...this.#state, lastSeq: this.#events.lastSeq }
  }

  /** @throws UserAlreadyBanned */
  ban(at: Instant, cause: Cause): void {
    if (this.#state.bannedAt !== null) throw new UserAlreadyBanned(this.#state.id)
    this.#state = { ...this.#state, bannedAt: at }
    this.#events.record('user.banned.v1', at, cause, { user_id: this.#state.id })
  }

  /** Lifts the ban. Changes nothing when the user is not banned. */
  unban(at: Instant, cause: Cause): void {
    if (this.#state.bannedAt === null) return
    this.#state = { ...this.#state, bannedAt: null }
    this.#events.record('user.unbanned.v1', at, cause, { user_id: this.#state.id })
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }
}
