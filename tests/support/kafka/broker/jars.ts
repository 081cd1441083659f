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

/** Version of the broker and of the container image, read from the pom. */
export const KAFKA_VERSION = /<kafka\.version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown'

/** Folder of all jars. It is filled under another name and then renamed, so it is complete when it exists. */
const FOLDER = join(CACHE, `kafka-${KAFKA_VERSION}`)

/** The reason why brokers cannot be started here, or undefined. Maven is needed only when the jars are missing. */
export async function whyNoBroker(): Promise<string | undefined> {
  const java = Number(/version "(\d+)/.exec(await outputOf('java', '-version'))?.[1] ?? 0)
  if (java < OLDEST_JAVA) return java ? `Java ${java} is older than ${OLDEST_JAVA}` : 'there is no Java'
  if ((await isThere(FOLDER)) || /Apache Maven/.test(await outputOf('mvn', '--version'))) return undefined
  return 'there is no Maven'
}

/** Returns the folder of the jars, which Maven fetches at the first call. @throws Error with the output of Maven */
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
    if (!(await isThere(FOLDER))) throw error // when the folder exists, another run was faster
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
