import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'

/** A unit of work that has done its work and keeps its locks until it is committed or rolled back. */
export interface Held {
  commit(): Promise<void>
  rollBack(): Promise<void>
}

export async function hold<Repos>(
  unitOfWork: UnitOfWork<Repos>,
  work: (repos: Repos) => Promise<unknown>,
): Promise<Held> {
  const done = Promise.withResolvers<void>()
  const end = Promise.withResolvers<'commit' | 'roll back'>()
  const ended = unitOfWork.run(async (repos) => {
    await work(repos)
    done.resolve()
    if ((await end.promise) === 'roll back') throw new RolledBack()
  })
  await Promise.race([done.promise, ended])
  return {
    commit: async () => {
      end.resolve('commit')
      await ended
    },
    rollBack: async () => {
      end.resolve('roll back')
      await ended.catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error
      })
    },
  }
}

class RolledBack extends Error {}

/** Starts all workers, releases them together from one gate, and returns their results. */
export async function race<T>(workers: number, work: (worker: number) => Promise<T>): Promise<T[]> {
  const gate = Promise.withResolvers<void>()
  const racing = Array.from({ length: workers }, async (_, worker) => {
    await gate.promise
    return work(worker)
  })
  gate.resolve()
  return Promise.all(racing)
}
