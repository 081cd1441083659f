import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { BackgroundLoop } from '../../../src/shared/infrastructure/background-loop.ts'

/** A loop that would pause for an hour after each turn. Each turn waits for its gate. */
function openLoop(log = pino({ level: 'silent' })) {
  const gates: PromiseWithResolvers<void>[] = []
  const turn = async () => {
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    await gate.promise
    return false
  }
  const loop = new BackgroundLoop({ name: 'test loop', turn, pauseMs: 3_600_000, log })
  onTestFinished(() => loop.stop())
  loop.start()
  const begun = (count: number) => vi.waitFor(() => expect(gates).toHaveLength(count))
  return { loop, gates, begun }
}

it('waking a loop in its pause starts the next turn', async () => {
  const { loop, gates, begun } = openLoop()
  await begun(1)
  gates[0]?.resolve()
  await setImmediate() // now the loop pauses
  loop.wake()

  await begun(2)
  gates[1]?.resolve()
})

it('waking a loop during a turn makes the next turn follow without a pause, once', async () => {
  const { loop, gates, begun } = openLoop()
  await begun(1)
  loop.wake()
  loop.wake()
  gates[0]?.resolve()
  await begun(2)
  gates[1]?.resolve()

  await loop.stop()
  expect(gates).toHaveLength(2)
})

it('a loop stops in its pause, and after the turn in flight', async () => {
  const { loop, gates, begun } = openLoop()
  await begun(1)
  let hasStopped = false
  const stopping = loop.stop().then(() => {
    hasStopped = true
  })
  await Promise.resolve()
  expect(hasStopped).toBe(false)
  gates[0]?.resolve()
  await stopping

  expect(gates).toHaveLength(1)
})
