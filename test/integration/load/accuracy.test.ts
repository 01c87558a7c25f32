import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { runLoadModel, type RunResult } from '../../../src/lib/load/engine.ts'
import { createHttpClient } from '../../../src/lib/load/http/client.ts'
import { mostUsersOf, type LoadModel } from '../../../src/lib/load/model.ts'
import { prepareUsers } from '../../../src/lib/load/prepare.ts'
import { createRecorder } from '../../../src/lib/load/recorder.ts'
import { defineScenario } from '../../../src/lib/load/scenario.ts'
import { realClock } from '../../../src/lib/measure/clock.ts'
import { createRandom } from '../../../src/lib/random.ts'
import { createMemoryLedger } from '../../ledgers.ts'

let server: Server | null = null
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Answers after 20 ms, but for its second second, in which it is frozen; counted from the first request. */
async function startFreezing(): Promise<{ readonly origin: string; readonly requests: () => number }> {
  let [requests, startedAt] = [0, 0]
  server = createServer((_request, response) => {
    if (requests++ === 0) startedAt = performance.now()
    const elapsed = performance.now() - startedAt
    const frozenFor = elapsed >= 990 && elapsed < 1990 ? 2000 - elapsed : 0
    setTimeout(() => response.end('done'), frozenFor + 20)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests }
}

const get = defineScenario({ name: 'get', run: (user) => user.request({ step: 'get', method: 'GET', path: '/' }) })

async function load(origin: string, model: LoadModel): Promise<RunResult> {
  const random = createRandom('test')
  const shared = { scenarios: [get], random, clock: realClock, signal: new AbortController().signal }
  return runLoadModel({
    ...shared,
    model,
    users: await prepareUsers({ ...shared, users: mostUsersOf(model) }),
    graceMs: 5000,
    client: await createHttpClient(origin, 10_000),
    recorder: createRecorder(),
    ledger: createMemoryLedger(),
    runId: 'test',
    statuses: { bookedStatuses: [201], conflictStatuses: [409] },
    onSecond: () => {},
  })
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
