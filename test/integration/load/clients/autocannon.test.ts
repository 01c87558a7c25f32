import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { SaturationModel } from '../../../../src/lib/load/engine/model.ts'
import type { RunResult } from '../../../../src/lib/load/metrics/result.ts'
import { createAutocannonGenerator } from '../../../../src/lib/load/clients/autocannon.ts'
import { startServer } from '../../../support/http/local-server.ts'
import { runInRealTime } from '../../../support/load/run-in-real-time.ts'
import { realClock } from '../../../../src/lib/base/measure/clock.ts'

const send = { method: 'GET', path: '/', headers: [], body: new Uint8Array(), expect: '2xx,304' } as const

/** Four connections, unless the model says otherwise. */
async function saturate(
  origin: string,
  model: Partial<SaturationModel>,
  { timeout = 10_000, signal = new AbortController().signal } = {},
): Promise<RunResult> {
  const whole: SaturationModel = {
    kind: 'saturation',
    engine: 'autocannon',
    connections: 4,
    requests: null,
    durationMs: null,
    send,
    ...model,
  }
  return runInRealTime(
    whole,
    (_part, hooks) => createAutocannonGenerator({ origin, timeout, model: whole, clock: realClock }, hooks),
    signal,
  )
}

describe('autocannon', () => {
  it('sends the request so many times, and tells failures from right answers', async () => {
    const seen: string[] = []
    const origin = await startServer(async (request, response) => {
      const body = (await request.toArray()).join('')
      seen.push(`${request.method} ${request.url} ${String(request.headers['x-key'])} ${body}`)
      response.statusCode = seen.length % 10 === 0 ? 503 : 200
      setTimeout(() => response.end('done!'), 20)
    })
    const headers = [['x-key', 'k']] as const
    const post = { ...send, method: 'POST', path: '/a?b', headers, body: Buffer.from('{}') }
    const result = await saturate(origin, { requests: 102, send: post })
    // The first is the question whether autocannon can count the answer.
    expect(seen).toHaveLength(103)
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
    const origin = await startServer((_request, response) => {
      seen++
      setTimeout(() => response.end(), 400)
    })
    const result = await saturate(origin, { durationMs: 1000 })
    expect(result.seconds).toBeLessThan(1.3)
    // Sent at 0, 0.4 and 0.8 s on each connection; the last end at 1.2 s.
    expect([result.requests, result.failures]).toEqual([seen - 1, 0])
    expect(result.requests).toBeGreaterThanOrEqual(8)
    expect(result.serviceTime.max!).toBeGreaterThan(399)
  })

  it('ends with the signal', async () => {
    const stop = new AbortController()
    const origin = await startServer((_request, response) => void response.end())
    setTimeout(() => stop.abort(), 300)
    const result = await saturate(origin, { requests: 1e9 }, { signal: stop.signal })
    expect(result.interrupted).toBe(true)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.failures).toBe(0)
  })

  it('counts what is never answered', async () => {
    const origin = await startServer(() => {})
    const result = await saturate(origin, { requests: 8 }, { timeout: 200 })
    expect(result).toMatchObject({ requests: 8, failures: 8, failureReasons: { timeout: 8 } })
    expect(result.serviceTime.p50!).toBeGreaterThan(190)
  })

  it('counts what is still not answered when the grace is over', async () => {
    const origin = await startServer(() => {})
    const result = await saturate(origin, { durationMs: 300 }, { timeout: 700 })
    expect(result.requests).toBe(4)
    expect(Object.keys(result.failureReasons)).toEqual([
      expect.stringMatching(/^(timeout|cut off at the end of the run)$/),
    ])
  })

  it('counts a connection that is closed without an answer', async () => {
    let seen = 0
    const origin = await startServer((request, response) => (++seen % 5 === 0 ? request.socket.end() : response.end()))
    const result = await saturate(origin, { requests: 100, connections: 1 })
    expect(result).toMatchObject({ requests: 100, failures: 20 })
    expect(result.failureReasons).toEqual({ 'connection closed': 20 })
  })

  it.each([
    [
      'sends only the last of two headers cookie',
      {
        headers: [
          ['Cookie', 'a=1'],
          ['cookie', 'b=2'],
        ],
      },
    ],
    ['waits for the body of an answer to HEAD', { method: 'HEAD' }],
    ['sends a Connection header of its own', { headers: [['Connection', 'close']] }],
  ] as const)('refuses a request of which it %s', async (why, part) => {
    const origin = await startServer((_request, response) => void response.end())
    const saturating = saturate(origin, { requests: 4, send: { ...send, ...part } })
    await expect(saturating).rejects.toMatchObject({ code: 'usage-wrong', message: expect.stringContaining(why) })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['takes the 103', (response) => response.writeEarlyHints({ link: '</a.css>; rel=preload' })],
    ['body of a 304', (response) => void (response.statusCode = 304)],
    ['never sent', (response) => void response.setHeader('connection', 'close')],
  ])('asks once, and refuses answers that it counts wrong: it %s', async (why, prepare) => {
    let seen = 0
    const origin = await startServer((_request, response) => {
      seen++
      prepare(response)
      response.end()
    })
    const saturating = saturate(origin, { requests: 4 })
    await expect(saturating).rejects.toMatchObject({ code: 'usage-wrong', message: expect.stringContaining(why) })
    expect(seen).toBe(1)
  })

  it('sets no timer to a negative time where the process was busy for longer than the timeout', async () => {
    const warnings: string[] = []
    const onWarning = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', onWarning)
    let seen = 0
    const origin = await startServer((_request, response) => {
      // As a busy machine would, at a time when each connection has had a response.
      if (++seen === 20) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
      response.end()
    })
    await saturate(origin, { requests: 100 }, { timeout: 200 })
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })
})
