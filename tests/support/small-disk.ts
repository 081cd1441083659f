import { execFile } from 'node:child_process'
import { mkdir, statfs } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BYTES = 8 * 2 ** 30
/** Tries to leave nothing free while others write. */
const TRIES = 20

/** A disk in memory that can be full. It takes as much memory as its files. */
export class SmallDisk implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Mounts the disk at a new folder. Where that is not allowed, says so and returns undefined; the folder is there. */
  static async mount(folder: string): Promise<SmallDisk | undefined> {
    await mkdir(folder)
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${BYTES},mode=0755`, 'tmpfs', folder])
      return new SmallDisk(folder)
    } catch {
      console.log('SKIPPED the full disk: only root on Linux can mount a small disk, and some containers forbid it')
      return undefined
    }
  }

  /** Shrinks the disk to what is on it. @throws Error when it grows faster than that */
  async fill(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const { blocks, bfree, bsize } = await statfs(this.#folder)
        return await this.#resize((blocks - bfree) * bsize)
      } catch (error) {
        if (tries === TRIES) throw error
      }
    }
  }

  async empty(): Promise<void> {
    await this.#resize(BYTES)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['--lazy', this.#folder])
  }

  async #resize(bytes: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${bytes}`, this.#folder])
  }
}
