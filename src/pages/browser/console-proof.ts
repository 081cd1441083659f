/// <reference lib="dom" />
/** Checks that an entry is in the audit log, with the code of the verifier. */
import { canonical, type JsonObject } from '../../verify/json.ts'
import { leaf, rootOfPath } from '../../verify/merkle.ts'
import { ascii, fromBase64, hexOf } from '../../verify/primitives.ts'
import type { Api } from './console-api.ts'

interface Proof {
  readonly leaf_hash: string
  readonly proof: readonly string[]
}

export interface Entry {
  readonly index: number
  readonly event: JsonObject & {
    readonly type: string
    readonly aggregate: string
    readonly actor: string
    readonly occurred_at: string
  }
}

/**
 * Computes the leaf hash of the event as it is shown, and from it the root of the newest checkpoint. The signature of the
 * checkpoint is not checked: this page has no key that it could trust.
 *
 * @returns what was proven, in a sentence
 * @throws Error whose sentence says what is wrong
 */
export async function checkInclusion(api: Api, { index, event }: Entry): Promise<string> {
  const { size, root } = await readCheckpoint(api)
  const { leaf_hash: told, proof } = await api.get<Proof>(`/audit/${index}/proof?size=${size}`)
  const hash = leaf(ascii(canonical(event)))
  if (hexOf(hash) !== told)
    throw new Error(`WRONG: the leaf hash of this event is ${hexOf(hash)}, and the proof is about ${told}.`)
  const computed = rootOfPath(hash, index, size, proof)
  if (computed !== root)
    throw new Error(
      `WRONG: the proof gives the root ${computed ?? 'none'}, and the checkpoint of size ${size} has ${root}.`,
    )
  return `In the log: leaf hash ${told}, and root ${root} of the checkpoint of size ${size}.`
}

/** The size and the root, in hex, of the newest checkpoint: its second and third line. */
export async function readCheckpoint(api: Api): Promise<{ readonly size: number; readonly root: string }> {
  const [, size, root = ''] = (await api.text('/audit/checkpoint')).split('\n')
  return { size: Number(size), root: hexOf(fromBase64(root) ?? new Uint8Array()) }
}
