import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { SaturationModel } from '../../../src/lib/load/model.ts'
import type { RunResult } from '../../../src/lib/load/result.ts'
import { runModel } from '../../../src/lib/load/run-model.ts'
import { createSaturationGenerator } from '../../../src/lib/load/saturation.ts'
import { createMemoryLedger } from '../../ledgers.ts'
import { realClock } from '../../../src/lib/measure/clock.ts'

let closeServer = (): void => {}
afterEach(() => closeServer())

async function start(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closeServer = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const send = { method: 'GET', path: '/', headers: {}, body: Buffer.alloc(0) } as const

/** Four connections, unless the model says otherwise. */
async function saturate(
  origin: string,
  model: Partial<SaturationModel>,
  { timeout = 10_000, signal = new AbortController().signal } = {},
): Promise<RunResult> {
  const whole = { kind: 'saturation', connections: 4, requests: null, durationMs: null, send, ...model } as const
  const { result } = await runModel({
    model: whole,
    parts: 1,
    createGenerator: (_part, hooks) =>
      createSaturationGenerator({ origin, timeout, model: whole, clock: realClock }, hooks),
    openLedger: async () => createMemoryLedger(),
    signal,
    onLost: () => {},
    onMistake: () => {},
    onSecond: () => {},
  })
  return result
}

describe('saturation', () => {
  it('sends the request so many times, and tells failures from right answers', async () => {
    const seen: string[] = []
    const origin = await start(async (request, response) => {
      const body = (await request.toArray()).join('')
      seen.push(`${request.method} ${request.url} ${String(request.headers['x-key'])} ${body}`)
      response.statusCode = seen.length % 10 === 0 ? 503 : 200
      setTimeout(() => response.end('done!'), 20)
    })
    const post = { method: 'POST', path: '/a?b', headers: { 'x-key': 'k' }, body: Buffer.from('{}') } as const
    const result = await saturate(origin, { requests: 102, send: post })
    expect(seen).toHaveLength(102)
    expect(new Set(seen)).toEqual(new Set(['POST /a?b k {}']))
    expect(result).toMatchObject({ requests: 102, failures: 10, failureReasons: { 'status 503': 10 }, users: 4 })
    expect(result.steps).toMatchObject([{ name: 'POST /a?b', meanBytes: 5 }])
    expect(result.serviceTime.p50!).toBeGreaterThan(19)
    expect(result.responseTime).toEqual(result.serviceTime)
    expect(result.timeline.reduce((sum, row) => sum + row.requests, 0)).toBe(102)
    // 102 requests of 20 ms, four at a time, and nothing after the last of them.
    expect(result.seconds).toBeGreaterThan(0.5)
    expect(result.rps).toBeCloseTo(102 / result.seconds, 5)
  })

  it('ends with the time, and counts what was under way then once it is answered', async () => {
    let seen = 0
    const origin = await start((_request, response) => {
      seen++
      setTimeout(() => response.end(), 400)
    })
    const result = await saturate(origin, { durationMs: 1000 })
    expect(result.seconds).toBeLessThan(1.3)
    // Sent at 0, 0.4 and 0.8 s on each connection; the last end at 1.2 s.
    expect([result.requests, result.failures]).toEqual([seen, 0])
    expect(result.requests).toBeGreaterThanOrEqual(8)
    expect(result.serviceTime.max!).toBeGreaterThan(399)
  })

  it('ends with the signal', async () => {
    const stop = new AbortController()
    const origin = await start((_request, response) => void response.end())
    setTimeout(() => stop.abort(), 300)
    const result = await saturate(origin, { requests: 1e9 }, { signal: stop.signal })
    expect(result.interrupted).toBe(true)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.failures).toBe(0)
  })

  it('counts what is never answered', async () => {
    const origin = await start(() => {})
    const result = await saturate(origin, { requests: 8 }, { timeout: 200 })
    expect(result).toMatchObject({ requests: 8, failures: 8, failureReasons: { timeout: 8 } })
    expect(result.serviceTime.p50!).toBeGreaterThan(190)
  })

  it('counts what is still not answered when the grace is over', async () => {
    const origin = await start(() => {})
    const result = await saturate(origin, { durationMs: 300 }, { timeout: 700 })
    expect(result.requests).toBe(4)
    expect(Object.keys(result.failureReasons)).toEqual([
      expect.stringMatching(/^(timeout|cut off at the end of the run)$/),
    ])
  })

  it('counts a connection that is closed without an answer', async () => {
    let seen = 0
    const origin = await start((request, response) => (++seen % 5 === 0 ? request.socket.end() : response.end()))
    const result = await saturate(origin, { requests: 100, connections: 1 })
    expect(result).toMatchObject({ requests: 100, failures: 20 })
    expect(result.failureReasons).toEqual({ 'connection closed': 20 })
  })
})
