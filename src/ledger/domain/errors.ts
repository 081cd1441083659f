import { DomainError } from '../../shared/domain/domain-error.ts'

/** The caller requested a proof for a size that the ledger does not have. `ledger` is its name, such as `the audit log`. */
export class InvalidLedgerSize extends DomainError {
  private constructor(message: string) {
    super('invalid', 'ledger_size', message)
  }

  static forInclusion(smallest: number, size: number, ledger: string): InvalidLedgerSize {
    return new InvalidLedgerSize(`\`size\` must be from ${smallest} to ${size}, the size of ${ledger}.`)
  }

  static forConsistency(size: number, ledger: string): InvalidLedgerSize {
    return new InvalidLedgerSize(
      `\`from\` must not exceed \`to\`, and \`to\` must not exceed ${size}, the size of ${ledger}.`,
    )
  }
}
