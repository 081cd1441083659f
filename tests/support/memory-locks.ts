export type LockMode = 'shared' | 'exclusive'

/** Thrown where PostgreSQL reports a deadlock or a serialization failure. The same work may succeed on a retry. */
export class Conflict extends Error {}

interface Lock {
  readonly holders: Map<object, LockMode>
  readonly queue: { readonly owner: object; readonly mode: LockMode; readonly grant: () => void }[]
}

/** Named locks, shared or exclusive. They are granted in the order of the requests and held until their owner releases all. */
export class MemoryLocks {
  readonly #locks = new Map<string, Lock>()
  readonly #waitingFor = new Map<object, Lock>()

  /** @throws Conflict when waiting would be a deadlock */
  async acquire(owner: object, name: string, mode: LockMode): Promise<void> {
    const lock: Lock = this.#locks.get(name) ?? { holders: new Map(), queue: [] }
    this.#locks.set(name, lock)
    const held = lock.holders.get(owner)
    if (held === 'exclusive' || held === mode) return
    if (lock.queue.length === 0 && isFree(lock, owner, mode)) {
      lock.holders.set(owner, mode)
      return
    }
    if (this.#leadsTo(lock, owner)) throw new Conflict('deadlock')
    this.#waitingFor.set(owner, lock)
    await new Promise<void>((grant) => lock.queue.push({ owner, mode, grant }))
  }

  releaseAll(owner: object): void {
    for (const lock of this.#locks.values()) {
      if (!lock.holders.delete(owner)) continue
      for (let next = lock.queue[0]; next && isFree(lock, next.owner, next.mode); next = lock.queue[0]) {
        lock.queue.shift()
        lock.holders.set(next.owner, next.mode)
        this.#waitingFor.delete(next.owner)
        next.grant()
      }
    }
  }

  /** Number of owners that wait for a lock. */
  get waiting(): number {
    return this.#waitingFor.size
  }

  #leadsTo(lock: Lock, owner: object): boolean {
    return [...lock.holders.keys(), ...lock.queue.map((request) => request.owner)].some((other) => {
      if (other === owner) return true
      const next = this.#waitingFor.get(other)
      return next !== undefined && next !== lock && this.#leadsTo(next, owner)
    })
  }
}

function isFree(lock: Lock, owner: object, mode: LockMode): boolean {
  for (const [holder, held] of lock.holders) {
    if (holder !== owner && (mode === 'exclusive' || held === 'exclusive')) return false
  }
  return true
}
