import type { Database } from './database.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** Does harm, undoes what does not mend itself, and returns what was done in words. @throws Error when a polite stop fails */
export type Disturbance<D extends Database = Database> = (
  stage: Stage<D>,
  random: Random,
  signal: AbortSignal,
) => Promise<string>
