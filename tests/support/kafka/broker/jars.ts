import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustRun, run } from './running.ts'

const POM = fileURLToPath(new URL('pom.xml', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/lottery-service', import.meta.url))
const OLDEST_JAVA = 17
const ANSWERS_WITHIN_MS = 20_000
const FETCHED_WITHIN_MS = 300_000

/** Of the broker and of the container image alike; the pom says it. */
export const KAFKA_VERSION = /<kafka\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'

/** Holds every jar or is not there: it is filled under another name. */
const FOLDER = join(CACHE, `kafka-${KAFKA_VERSION}`)

/** Why brokers can't be started here, or undefined. Maven is only missed where there are no jars yet. */
export async function whyNoBroker(): Promise<string | undefined> {
  const java = Number(/version "(\d+)/.exec(await outputOf('java', '-version'))?.[1] ?? 0)
  if (java < OLDEST_JAVA) return java ? `Java ${java} is older than ${OLDEST_JAVA}` : 'there is no Java'
  if ((await isThere(FOLDER)) || /Apache Maven/.test(await outputOf('mvn', '--version'))) return undefined
  return 'there is no Maven'
}

/** The folder with the broker's jars; the first call has Maven fetch them. @throws Error with what Maven said */
export async function brokerJars(): Promise<string> {
  if (await isThere(FOLDER)) return FOLDER
  await mkdir(CACHE, { recursive: true })
  const part = `${FOLDER}.${randomBytes(6).toString('hex')}.part`
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${part}`]
    await mustRun('mvn', ['--batch-mode', '--quiet', '--file', POM, ...goal], FETCHED_WITHIN_MS)
    await rename(part, FOLDER)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    if (!(await isThere(FOLDER))) throw error // else another run was faster
  }
  return FOLDER
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function outputOf(program: string, argument: string): Promise<string> {
  return run(program, [argument], ANSWERS_WITHIN_MS).then(
    ({ output }) => output,
    () => '',
  )
}
