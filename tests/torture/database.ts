/** What the replicas of a stage work on: a durable PostgreSQL, with a database whose clock can be moved. */
export interface Database extends AsyncDisposable {
  /** What it is, in words. */
  readonly name: string
  /** URL at which the service finds it. */
  readonly url: string
  /** How often a running process of a server was killed. */
  readonly killed: number
  /** Sets the clock of the database, which keeps running. */
  moveClock(to: number): Promise<void>
  /** Runs a statement that may run twice. While no server answers, tries again. */
  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>
}
