import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseSigningSeed, signingSeedIn } from '../../../src/shared/infrastructure/signing-seed.ts'

const NAME = 'ledger-signing-key'
const SEED = Buffer.from(Array.from({ length: 32 }, (_, n) => n))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('a signing seed', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'signing-key-'))
  })
  afterEach(() => rm(dir, { recursive: true }))
  const file = () => join(dir, NAME)

  it('is made on first use, in a directory that is created when missing, and stays the same', async () => {
    const inside = join(dir, 'a', 'b')

    const made = await signingSeedIn(inside, NAME)

    expect(made).toHaveLength(32)
    expect(await signingSeedIn(inside, NAME)).toEqual(made)
    expect(await readdir(inside)).toEqual([NAME])
  })

  it('is readable only by its owner', async () => {
    await signingSeedIn(dir, NAME)

    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('is random', async () => {
    const one = await signingSeedIn(join(dir, 'one'), NAME)

    expect(await signingSeedIn(join(dir, 'two'), NAME)).not.toEqual(one)
  })

  it('is the same for all callers that create it at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const inside = join(dir, String(round))

      const keys = await Promise.all(Array.from({ length: 8 }, () => signingSeedIn(inside, NAME)))

      expect(new Set(keys.map(hexOf)).size).toBe(1)
      expect(hexOf(await signingSeedIn(inside, NAME))).toBe(hexOf(keys[0] as Uint8Array))
      expect(await readdir(inside)).toEqual([NAME])
    }
  })

  it('is base64 of 32 bytes, with or without a line end', async () => {
    const text = SEED.toString('base64')

    expect(hexOf(parseSigningSeed(text, NAME))).toBe(hexOf(SEED))
    expect(hexOf(parseSigningSeed(`${text}\n`, NAME))).toBe(hexOf(SEED))
  })

  const base64 = SEED.toString('base64')
  it.each([
    ['empty', ''],
    ['too short', SEED.subarray(0, 31).toString('base64')],
    ['too long', Buffer.concat([SEED, SEED]).toString('base64')],
    ['in hex', hexOf(SEED)],
    ['with a character that is not base64', `${base64.slice(0, 9)}?${base64.slice(9)}`],
    ['with trailing text', `${base64} and more`],
    ['not base64', 'correct horse battery staple'],
  ])('is refused when it is %s, and the error does not reveal it', async (_, text) => {
    await writeFile(file(), text)

    const error = await signingSeedIn(dir, NAME).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toBe('the ledger signing key must be the base64 of 32 bytes')
    expect(await readFile(file(), 'utf8')).toBe(text)
  })

  it('fails with a reason when it cannot be stored', async () => {
    await writeFile(join(dir, 'taken'), '')

    await expect(signingSeedIn(join(dir, 'taken'), NAME)).rejects.toThrow('EEXIST')
  })
})
