import { randomInt } from 'node:crypto'
import type { Chance } from '../domain/chance.ts'

/** node:crypto's randomInt: rejection sampling, without modulo bias, for up to 2^48 - 1 ballots. */
export const cryptoChance: Chance = { uniform: (below) => randomInt(below) }
