import { describe, expect, it } from 'vitest'
import { createGenerator } from '../../../src/lib/load/engine/generator.ts'
import type { ScenarioModel } from '../../../src/lib/load/engine/model.ts'
import type { RunResult } from '../../../src/lib/load/metrics/result.ts'
import { realClock } from '../../../src/lib/base/measure/clock.ts'
import { startServer } from '../../support/http/local-server.ts'
import { runInRealTime } from '../../support/load/run-in-real-time.ts'
import { defineScenario } from '../../../src/lib/load/scenarios/define-scenario.ts'

/** Answers after 20 ms, but for its second second, in which it is frozen; counted from the first request. */
async function startFreezing(): Promise<{ readonly origin: string; readonly requests: () => number }> {
  let [requests, startedAt] = [0, 0]
  const origin = await startServer((_request, response) => {
    if (requests++ === 0) startedAt = performance.now()
    const elapsed = performance.now() - startedAt
    const frozenFor = elapsed >= 990 && elapsed < 1990 ? 2000 - elapsed : 0
    setTimeout(() => response.end('done'), frozenFor + 20)
  })
  return { origin, requests: () => requests }
}

const get = defineScenario({ name: 'get', run: (user) => user.request({ step: 'get', method: 'GET', path: '/' }) })

const task = {
  timeout: 10_000,
  seed: 'test',
  runId: 'test',
  statuses: { bookedStatuses: [201], conflictStatuses: [409] },
}

async function load(origin: string, model: ScenarioModel): Promise<RunResult> {
  return runInRealTime(model, (shard, hooks) =>
    createGenerator({ ...task, origins: [origin], model, shard }, hooks, { scenarios: [get], clock: realClock }),
  )
}

// A noisy machine makes answers later and never earlier, so that the limits above are wide.
describe('against a server that freezes 1 s in 4', () => {
  it('has in the open model every response time that the schedule asks for', async () => {
    const { origin, requests } = await startFreezing()
    const model = { kind: 'open', ratePerSecond: 50, arrivals: 'constant', durationMs: 4000, maxInFlight: 200 } as const
    const result = await load(origin, model)
    expect([result.requests, result.skipped, requests()]).toEqual([200, 0, 200])
    // The 50 requests at 1.00, 1.02 ... 1.98 s wait 1,020, 1,000 ... 40 ms, the other 150 wait 20 ms.
    const expected = { p50: 20, p90: 620, p99: 980, max: 1020 }
    for (const name of ['p50', 'p90', 'p99', 'max'] as const) {
      expect(result.responseTime[name]!).toBeGreaterThan(expected[name] * 0.93)
      expect(result.responseTime[name]!).toBeLessThan(expected[name] * 1.3 + 100)
    }
  })

  it('would have been hidden from a single user of the closed model', async () => {
    const { origin } = await startFreezing()
    const { responseTime } = await load(origin, {
      kind: 'closed',
      stages: [0, 4000].map((durationMs) => ({ durationMs, users: 1 })),
    })
    expect(responseTime.max).toBeGreaterThan(900)
    expect(responseTime.p90).toBeLessThan(300)
  })
})
