import { describe, expect, it } from 'vitest'
import { freshDatabase } from '../../dev/chaos/fresh.ts'
import { runChaos, toldTheTruth, type ChaosResult } from '../../dev/chaos/run.ts'
import { startVictim } from '../../dev/chaos/servers.ts'
import { systems } from '../../dev/chaos/systems.ts'

// Two schedules of what `npm run chaos` makes twenty of on every engine, both at once.

const durationMs = 10_000
const common = { durationMs, brokerServer: null } as const
const vaccination = { workload: 'vaccination', system: systems['vaccination']! } as const
const orders = { workload: 'orders', system: systems['orders']! } as const

function expectTruth(result: ChaosResult, spoilt: object): void {
  expect(result.events.length).toBeGreaterThan(0)
  expect(result.acknowledged).toBeGreaterThan(0)
  expect(result).toMatchObject({ note: '', truth: { lost: 0, duplicate: 0, oversold: 0 } })
  expect(result.spoilt?.truth).toMatchObject(spoilt)
  expect(result).toSatisfy(toldTheTruth)
}

describe.concurrent('the audit tells the truth', () => {
  it('of orders in SQLite files that are locked, behind replicas that are killed', async () => {
    const setup = { engine: 'sqlite', broker: 'file' } as const
    expectTruth(await runChaos({ ...common, ...orders, setup, seed: '11', server: null }), { lost: 3, duplicate: 0 })
  })

  it('of a PostgreSQL that is stopped and killed, behind an API that is cut off', async (context) => {
    const server = await startVictim('postgres').catch((error: Error) => {
      const isMissing = error.message.includes('missing from this machine')
      if (process.env['RUSHBENCH_REQUIRE_SERVICES'] === '1' || !isMissing) throw error
      return null
    })
    context.skip(server === null, 'this machine has no PostgreSQL')
    await using victim = server!
    const database = await freshDatabase('postgres', victim, 'rushbench_chaos')
    const setup = { engine: 'postgres', broker: null } as const
    expectTruth(await runChaos({ ...common, ...vaccination, setup, seed: '4', server: database }), {
      lost: 2,
      duplicate: 1,
    })
  })
})
