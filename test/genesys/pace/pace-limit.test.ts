import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { SandboxDialect } from '../../../src/sandbox/faults/rate-referee.ts'
import { type Said, startBusyClients } from './busy-clients.ts'

const minutes = (n: number): number => n * 60_000

for (const [name, dialect, says] of [
  ['that is told what remains', 'guide', ({ remaining }) => ({ allowed: null, remaining })],
  ['that is told nothing', 'platform', () => ({ allowed: null, remaining: null })],
] as const satisfies [string, SandboxDialect, Parameters<typeof startBusyClients>[0]['says']][]) {
  test(`a client ${name} finds a real limit of half its pace, uses it, and loses no call`, async () => {
    const stage = startBusyClients({ dialect, configured: 600, real: 300, instances: 2, says })
    await stage.clock.advance(minutes(2))
    const early = stage.report()
    const before = stage.answered.length
    await stage.clock.advance(minutes(5))
    const late = stage.report()
    const used = (stage.answered.length - before) / (5 * 300)
    const refused = late.violations - early.violations
    stage.end()
    assert.ok(used >= 0.85 && used <= 1, `used ${used}`)
    assert.ok(
      refused <= 0.02 * 5 * 300,
      `${early.violations} refused at first, ${refused} in five minutes`,
    )
    assert.ok(early.violations <= 20, String(early.violations))
    assert.equal(late.lost, 0)
  })
}

test('a client that is told the real limit is refused no more once it knows', async () => {
  const says = ({ limit, remaining }: { limit: number; remaining: number }): Said => ({
    allowed: limit,
    remaining,
  })
  const stage = startBusyClients({
    dialect: 'platform',
    configured: 300,
    real: 150,
    instances: 2,
    says,
  })
  await stage.clock.advance(minutes(4))
  const { violations, lost } = stage.report()
  const used = stage.answered.length / (4 * 150)
  const stats = stage.pacers.map((pacer) => pacer.stats().requestsPerMinute)
  stage.end()
  assert.equal(violations, 0)
  assert.ok(used >= 0.95, String(used))
  assert.deepEqual(stats, [150, 150])
  assert.equal(lost, 0)
})

test('at its own limit a client is never refused, and uses 95 % of it', async () => {
  for (const instances of [1, 3]) {
    const says = ({ remaining }: { remaining: number }): Said => ({ allowed: null, remaining })
    const stage = startBusyClients({
      dialect: 'guide',
      configured: 300,
      real: 300,
      instances,
      says,
    })
    await stage.clock.advance(minutes(3))
    const { violations, utilisation } = stage.report()
    stage.end()
    assert.equal(violations, 0)
    assert.ok(utilisation >= 0.95, String(utilisation))
  }
})
