import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { metricsOfWholeService } from './whole-service.ts'

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool) console.warn('SKIPPED promtool.e2e.test.ts: no promtool here; it comes with Prometheus')

describe.runIf(hasPromtool)('promtool', () => {
  it('finds the configuration and its rules valid', () => {
    expect(promtool(['check', 'config', 'ops/prometheus/prometheus.yml'])).toMatchObject({ status: 0, stderr: '' })
  })

  it('finds that every fault causes its alert, and a sound service none', () => {
    const { status, stdout } = promtool(['test', 'rules', 'ops/prometheus/lottery.rules.test.yml'])

    expect(stdout).toContain('SUCCESS')
    expect(status).toBe(0)
  })

  it('finds nothing to mend in the names and the help of the metrics', async () => {
    const metrics = await (await metricsOfWholeService()).metrics()

    expect(promtool(['check', 'metrics'], metrics)).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})

function promtool(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}
