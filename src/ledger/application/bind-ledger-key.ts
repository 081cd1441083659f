import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { LedgerKey, type LedgerKeyRepos } from '../domain/ledger-key.ts'

/** Binds the database to the key of its first checkpoints, so that the key that a reader has written down stays valid. */
export class BindLedgerKey {
  readonly #unitOfWork: UnitOfWork<LedgerKeyRepos>

  constructor(unitOfWork: UnitOfWork<LedgerKeyRepos>) {
    this.#unitOfWork = unitOfWork
  }

  /** @throws Error when the database's checkpoints are signed by another key, or under another name */
  async execute(verifierKey: string): Promise<void> {
    const bound = await this.#unitOfWork.run(async ({ ledgerKeys }) => {
      await ledgerKeys.add(new LedgerKey(verifierKey, await ledgerKeys.now(), CAUSED_BY_SERVICE))
      return ledgerKeys.verifierKey()
    })
    if (bound === verifierKey) return
    throw new Error(
      `The checkpoints of this database are signed by ${bound}, not by ${verifierKey}. ` +
        'Set LEDGER_NAME and LEDGER_SIGNING_KEY to their former values, the same on all replicas.',
    )
  }
}
