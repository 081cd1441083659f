import type { Chance } from '../../src/lottery/domain/chance.ts'

/** Answers what it was told to, in that order, then 0 for ever. */
export class ScriptedChance implements Chance {
  /** The bounds it was asked for. */
  readonly asked: number[] = []
  readonly #answers: number[]

  constructor(...answers: number[]) {
    this.#answers = answers
  }

  willAnswer(...answers: number[]): void {
    this.#answers.push(...answers)
  }

  uniform(below: number): number {
    this.asked.push(below)
    const answer = this.#answers.shift() ?? 0
    if (answer >= below) throw new RangeError(`the script answers ${answer}, but it must be below ${below}`)
    return answer
  }
}
