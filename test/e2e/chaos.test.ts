import { describe, expect, it } from 'vitest'
import { freshDatabase } from '../../dev/chaos/fresh.ts'
import { runChaos, toldTheTruth, type ChaosResult } from '../../dev/chaos/run.ts'
import { startVictim } from '../../dev/chaos/servers.ts'
import { systems } from '../../dev/chaos/systems.ts'

// Two schedules of what `npm run chaos` makes twenty of on every engine.

const durationMs = 10_000
const workload = 'vaccination'
const system = systems[workload]!

function expectTruth(result: ChaosResult): void {
  expect(result.events.length).toBeGreaterThan(0)
  expect(result.acknowledged).toBeGreaterThan(0)
  expect(result).toMatchObject({ note: '', truth: { lost: 0, duplicate: 0, oversold: 0 } })
  // Two are taken away and one is doubled: that many are lost and doubled, and three slots do not add up.
  expect(result.spoilt?.truth).toMatchObject({ lost: 2, duplicate: 1 })
  expect(result.spoilt?.truth.oversold).toBeGreaterThan(0)
  expect(result).toSatisfy(toldTheTruth)
}

describe('the audit tells the truth', () => {
  it('of a SQLite file that is locked, behind an API that is killed', async () => {
    expectTruth(await runChaos({ workload, system, engine: 'sqlite', seed: '1', durationMs, server: null }))
  })

  it('of a PostgreSQL that is killed and cut off', async (context) => {
    const server = await startVictim('postgres').catch((error: unknown) => {
      if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1') throw error
      return null
    })
    context.skip(server === null, 'this machine has no PostgreSQL')
    await using victim = server!
    const database = await freshDatabase('postgres', victim, 'rushbench_chaos')
    expectTruth(await runChaos({ workload, system, engine: 'postgres', seed: '1', durationMs, server: database }))
  })
})
