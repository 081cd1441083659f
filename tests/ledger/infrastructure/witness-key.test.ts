import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ed25519CheckpointSigner } from '../../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { WitnessKey } from '../../../src/ledger/infrastructure/witness-key.ts'
import { WitnessServer } from '../../support/witness-server.ts'

const TEXT = 'lottery.local/audit\n3\nrqvyZ7Q4lhxD1YlfnVCOX5TRqGa1rlS50v7Z3lRn0Sc=\n'
const TIME = 1_795_382_630

let witness: WitnessServer
beforeAll(async () => {
  witness = await WitnessServer.open('witness.example/w1')
})
afterAll(() => witness[Symbol.asyncDispose]())

const line = (text = TEXT, time = TIME) => witness.cosignature(text, time).trimEnd()

describe('the key of a witness', () => {
  it('finds the time of a cosignature of the note text', () => {
    expect(new WitnessKey(witness.verifierKey).timeOf(line(), TEXT)).toBe(TIME)
    expect(new WitnessKey(witness.verifierKey)).toMatchObject({ name: 'witness.example/w1' })
  })

  it('refuses a cosignature with any byte changed', () => {
    const key = new WitnessKey(witness.verifierKey)
    const bytes = Buffer.from(line().split(' ')[2] ?? '', 'base64')

    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(key.timeOf(`— ${witness.name} ${changed.toString('base64')}`, TEXT), `byte ${at}`).toBeUndefined()
    }
  })

  it.each([
    ['of another text', () => line('lottery.local/audit\n4\nrqvyZ7Q4lhxD1YlfnVCOX5TRqGa1rlS50v7Z3lRn0Sc=\n')],
    ['under another name', () => line().replace('/w1', '/w2')],
    ['with a line feed', () => `${line()}\n`],
    ['with a space', () => line().replace(' w', '  w')],
    ['with a hyphen for the dash', () => line().replace('—', '-')],
    ['without padding', () => line().replace(/=+$/, '')],
    ['that is empty', () => ''],
    ['that has no signature', () => `— ${witness.name} `],
    [
      'that the log made',
      () => new Ed25519CheckpointSigner(witness.name, Buffer.alloc(32, 1)).sign(HEAD).split('\n')[4],
    ],
  ])('refuses a line %s', (_, other) => {
    expect(new WitnessKey(witness.verifierKey).timeOf(other() ?? '', TEXT)).toBeUndefined()
  })

  it.each([
    ['another key id', () => witness.verifierKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), /key id/],
    ['another name', () => witness.verifierKey.replace('/w1', '/w2'), /key id/],
    ['the type of a log', () => new Ed25519CheckpointSigner('log', Buffer.alloc(32, 1)).verifierKey, /type 0x04/],
    ['no name', () => witness.verifierKey.replace(/^[^+]+/, ''), /verifier key/],
    ['a short key', () => witness.verifierKey.slice(0, -1), /verifier key/],
    ['nothing', () => '', /verifier key/],
  ])('refuses a verifier key with %s', (_, verifierKey, message) => {
    expect(() => new WitnessKey(verifierKey())).toThrow(message)
  })
})

const HEAD = { origin: 'lottery.local/audit', size: 3, root: Buffer.from(TEXT.split('\n')[2] ?? '', 'base64') }
