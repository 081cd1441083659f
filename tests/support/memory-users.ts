import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { Identity } from '../../src/shared/domain/caller.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import type { UserQueries } from '../../src/user/application/user-queries.ts'
import type { UserStorage } from '../../src/user/application/user-storage.ts'
import type { UsersToForget, UserToForget } from '../../src/user/application/users-to-forget.ts'
import type { Forgetting, ForgottenUser } from '../../src/user/domain/forgetting.ts'
import { User, type UserState } from '../../src/user/domain/user.ts'
import type { Ban, UserRepos, UserRepository } from '../../src/user/domain/user-repository.ts'
import {
  eventIdOf,
  type MemoryDatabase,
  MemoryTable,
  type MemoryTransaction,
  MemoryUnitOfWork,
} from './memory-database.ts'

/** The row of a forgotten user. */
interface ForgottenRow extends ForgottenUser {
  readonly email: null
  readonly name: null
  readonly identity: null
}

/** Lock that bans take shared, and listing the banned takes exclusive. */
const BANS = 'user bans'

/** The committed rows of the user context, and the ports over them. */
export class MemoryUsers implements UserStorage {
  readonly database: MemoryDatabase
  readonly users = new MemoryTable<UserId, UserState | ForgottenRow>()
  /** By user; null once the user has left the ballots. */
  readonly toForget = new MemoryTable<UserId, Instant | null>()
  readonly unitOfWork: UnitOfWork<UserRepos>
  readonly queries: UserQueries
  readonly usersToForget: UsersToForget

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = new MemoryUnitOfWork<UserRepos>(database, (transaction) => ({
      users: new MemoryUserRepository(transaction, this),
    }))
    this.queries = new MemoryUserQueries(this)
    this.usersToForget = new MemoryUsersToForget(this)
  }
}

class MemoryUserRepository implements UserRepository {
  readonly #transaction: MemoryTransaction
  readonly #store: MemoryUsers

  constructor(transaction: MemoryTransaction, store: MemoryUsers) {
    this.#transaction = transaction
    this.#store = store
  }

  async add(user: User): Promise<boolean> {
    const { id, email, identity } = user.state
    await this.#transaction.statement()
    // Like an INSERT, this waits while another transaction adds the same keys.
    await this.#transaction.lock(`email/${email.toLowerCase()}`)
    await this.#transaction.lock(`user/${id}`)
    if (identity !== null) await this.#transaction.lock(`identity/${identity}`)
    const isTaken = this.#transaction
      .values(this.#store.users)
      .some(
        (other) =>
          other.id === id ||
          (isKnown(other) &&
            (other.email.toLowerCase() === email.toLowerCase() || (identity !== null && other.identity === identity))),
      )
    if (isTaken) return false
    this.#put(user)
    return true
  }

  async ofIdentity(identity: Identity): Promise<User | undefined> {
    await this.#transaction.statement()
    const state = this.#transaction
      .values(this.#store.users)
      .filter(isKnown)
      .find((user) => user.identity === identity)
    return state && User.rehydrate(state)
  }

  async lock(id: UserId): Promise<{ readonly user: User | undefined; readonly at: Instant }> {
    await this.#transaction.statement()
    await this.#transaction.lock(BANS, 'shared')
    if (this.#transaction.get(this.#store.users, id)) await this.#transaction.lock(`user/${id}`)
    const state = this.#transaction.get(this.#store.users, id)
    await this.#transaction.statement()
    return { user: state && isKnown(state) ? User.rehydrate(state) : undefined, at: this.#transaction.now }
  }

  async save(user: User): Promise<void> {
    await this.#transaction.statement()
    this.#put(user)
  }

  async forget({ user, events }: Forgetting): Promise<void> {
    await this.#transaction.statement()
    this.#transaction.set(this.#store.users, user.id, { ...user, email: null, name: null, identity: null })
    this.#transaction.set(this.#store.toForget, user.id, user.forgottenAt)
    this.#transaction.record(events)
  }

  async now(): Promise<Instant> {
    await this.#transaction.statement()
    return this.#transaction.now
  }

  async banned(): Promise<{ readonly bans: readonly Ban[]; readonly asOf: Instant }> {
    await this.#transaction.statement()
    await this.#transaction.lock(BANS)
    const asOf = this.#transaction.now
    await this.#transaction.statement()
    const banned = this.#transaction.values(this.#store.users).filter(({ bannedAt }) => bannedAt !== null)
    // Only an unban can follow a ban, so the last event of a banned user is the ban.
    return { bans: banned.map(({ id, lastSeq }) => ({ userId: id, eventId: eventIdOf(`user/${id}`, lastSeq) })), asOf }
  }

  #put(user: User): void {
    this.#transaction.set(this.#store.users, user.state.id, user.state)
    this.#transaction.record(user.takeEvents())
  }
}

class MemoryUserQueries implements UserQueries {
  readonly #store: MemoryUsers

  constructor(store: MemoryUsers) {
    this.#store = store
  }

  async find(id: UserId): Promise<UserState | undefined> {
    await this.#store.database.reach()
    const row = this.#store.users.rows.get(id)
    return row && isKnown(row) ? row : undefined
  }

  async findByEmail(email: string): Promise<UserState | undefined> {
    await this.#store.database.reach()
    return this.#known().find((user) => user.email.toLowerCase() === email.toLowerCase())
  }

  async idOf(identity: Identity): Promise<UserId | undefined> {
    await this.#store.database.reach()
    return this.#known().find((user) => user.identity === identity)?.id
  }

  async bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>> {
    await this.#store.database.reach()
    const known = ids.flatMap((id) => this.#store.users.rows.get(id) ?? []).filter(isKnown)
    return new Map(known.map(({ id, bannedAt }) => [id, bannedAt !== null]))
  }

  #known(): UserState[] {
    return [...this.#store.users.rows.values()].filter(isKnown)
  }
}

class MemoryUsersToForget implements UsersToForget {
  readonly #store: MemoryUsers

  constructor(store: MemoryUsers) {
    this.#store = store
  }

  async count(): Promise<number> {
    return (await this.#all()).length
  }

  async next(after: UserToForget | undefined): Promise<UserToForget | undefined> {
    const users = await this.#all()
    return users.find((user) => !after || isAfter(user, after))
  }

  async remove(id: UserId): Promise<void> {
    await this.#store.database.reach()
    this.#store.toForget.rows.set(id, null)
  }

  async #all(): Promise<UserToForget[]> {
    await this.#store.database.reach()
    const now = this.#store.database.clock.now()
    return [...this.#store.toForget.rows]
      .flatMap(([userId, since]) => (since === null ? [] : { userId, since, ageMs: now - since }))
      .sort((a, b) => (isAfter(a, b) ? 1 : -1))
  }
}

function isAfter(user: UserToForget, other: UserToForget): boolean {
  return user.since > other.since || (user.since === other.since && user.userId > other.userId)
}

function isKnown(user: UserState | ForgottenRow): user is UserState {
  return user.email !== null
}
