import { createHash, randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { archiveFindings } from '../support/archive-over.ts'
import { killCli } from '../support/archive-process.ts'
import { type Answers, answersBefore, answersOf, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import type { Moment } from '../support/kill-at.ts'
import { IS_THOROUGH } from '../support/thorough.ts'

const { SEED = String(randomInt(2 ** 31)) } = process.env
const KILLS = IS_THOROUGH ? 20 : 1
const WHEN: readonly Moment['when'][] = ['before', 'during', 'after']

/** Steps of a month: the command, the states that a kill may leave, and the state that the step ends with. */
const STEPS = [
  ['archive', [undefined, 'exporting'], 'uploaded'],
  ['archive', ['uploaded'], 'verified'],
  ['archive', ['verified'], 'detached'],
  ['archive', ['detached'], 'dropped'],
  ['restore-archive', ['dropped'], 'restored'],
] as const

/** Steps with kills at random moments. In a quick run they are two, one after the other, which the seed chooses. */
const KILLED_STEPS = IS_THOROUGH ? STEPS.length : 2
const FIRST_STEP = chance('first step', 0) % STEPS.length

let month: ArchivedMonth
let before: Answers
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-kills-'))
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterAll(async () => {
  await month.close()
  await rm(folder, { recursive: true })
})

it('kill -9 at random moments of the steps changes no answer, and leaves a step that can be done again', async () => {
  console.log(`kills of the archiver: ${KILLS} in each of ${KILLED_STEPS} steps, SEED=${SEED}`)
  const app = await month.app()
  for (const [index, [command, states, next]] of STEPS.entries()) {
    const isChosen = (STEPS.length + index - FIRST_STEP) % STEPS.length < KILLED_STEPS
    const kill = async (moment: Moment) => {
      const { signal, errors } = await killCli(month, command, ['--month', MONTH], moment)
      expect([next, moment, signal, errors]).toEqual([next, moment, 'SIGKILL', ''])
    }
    const save = `insert into "archives".*${next}`
    const countTo = join(folder, 'calls')
    if (isChosen) await kill({ when: 'before', of: save, countTo })
    const calls = isChosen ? Number(await readFile(countTo, 'utf8')) - 1 : 0
    for (let n = 0; isChosen && n < KILLS; n += 1) {
      const nth = 1 + (chance(next, n) % calls)
      const moment = { when: WHEN[n % WHEN.length] ?? 'before', of: '', nth, atLatest: save }
      await kill(moment)
      expect(states, `${next}: ${JSON.stringify(moment)}`).toContain(await month.state())
      expect(await answersOfApp(app, month.users)).toEqual(before)
    }
    for (let later = IS_THOROUGH ? 0 : 1; (await month.state()) !== next; later += 1)
      await kill({ when: 'after', of: save, later })
  }
  expect(await month.archive(MONTH)).toEqual(['dropped'])

  expect(await month.archivedEvents()).toBe(1)
  expect(await answersOf(month)).toEqual(before)
  expect([await month.tables(), await month.findings(), await archiveFindings(month)]).toEqual([[], [], []])
}, 1_800_000)

/** A number that follows from the seed. */
function chance(step: string, n: number): number {
  return createHash('sha256').update(`${SEED} ${step} ${n}`).digest().readUInt32BE()
}
