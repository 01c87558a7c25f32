import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createGenerator } from '../../../src/lib/load/engine/generator.ts'
import type { LoadModel } from '../../../src/lib/load/engine/model.ts'
import type { RunResult } from '../../../src/lib/load/metrics/result.ts'
import { realClock } from '../../../src/lib/base/measure/clock.ts'
import { startServer } from '../../support/http/local-server.ts'
import { runInRealTime } from '../../support/load/run-in-real-time.ts'
import type { FixedRequest } from '../../../src/lib/ports/http-client.ts'

const get: FixedRequest = { method: 'GET', path: '/', headers: [], body: new Uint8Array(), expect: '2xx,304' }

/** Both ways to send a single request, as many times. */
const ways = {
  'over connections': (requests: number, send: FixedRequest): LoadModel => {
    return { kind: 'saturation', engine: 'rushbench', connections: 4, requests, durationMs: null, send }
  },
  'at a rate': (requests: number, send: FixedRequest): LoadModel => {
    const ratePerSecond = requests * 2
    return { kind: 'open', ratePerSecond, arrivals: 'constant', durationMs: 500, maxInFlight: 1000, send }
  },
} as const

/** Sends so many requests to `origin`. */
async function load(origin: string, model: LoadModel, timeout = 5000): Promise<RunResult> {
  const task = { origins: [origin], timeout, model, seed: 's', runId: 'r' }
  const statuses = { bookedStatuses: [], conflictStatuses: [] }
  return runInRealTime(model, (shard, hooks) =>
    createGenerator({ ...task, shard, statuses }, hooks, { scenarios: [], clock: realClock }),
  )
}

describe.each(Object.entries(ways))('a single request %s', (_way, modelOf) => {
  /** The headers of all requests that the server got, and what came of them. */
  async function send(
    count: number,
    request: Partial<FixedRequest>,
    answer: (response: ServerResponse, request: IncomingMessage) => void,
  ): Promise<{ result: RunResult; seen: (readonly string[])[] }> {
    const seen: (readonly string[])[] = []
    const origin = await startServer((asked, response) => {
      seen.push(asked.rawHeaders)
      answer(response, asked)
    })
    const result = await load(origin, modelOf(count, { ...get, ...request }))
    expect(result.requests).toBe(count)
    expect(seen).toHaveLength(count)
    return { result, seen }
  }

  it('counts each request once where the server closes each connection after its answer', async () => {
    const { result } = await send(100, {}, (response) => void response.setHeader('connection', 'close').end('ok'))
    expect(result).toMatchObject({ failures: 0, steps: [{ meanBytes: 2 }] })
  })

  it('takes the answer to a HEAD for what it is', async () => {
    const { result } = await send(20, { method: 'HEAD' }, (response) => {
      response.setHeader('content-length', 5).end()
    })
    expect(result).toMatchObject({ failures: 0, steps: [{ name: 'HEAD /', meanBytes: 0 }] })
    expect(result.serviceTime.max!).toBeLessThan(4000)
  })

  it('does not take 103 for an answer', async () => {
    const { result } = await send(50, {}, (response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      setTimeout(() => response.end('hello'), 20)
    })
    expect(result).toMatchObject({ failures: 0, steps: [{ meanBytes: 5 }] })
    expect(result.serviceTime.p50!).toBeGreaterThan(19)
  })

  it('takes 304 for a right answer', async () => {
    const { result } = await send(20, {}, (response) => response.writeHead(304).end())
    expect(result.failures).toBe(0)
  })

  it('counts the body of chunks and nothing else', async () => {
    const { result } = await send(10, {}, (response) => {
      response.write('hello ')
      response.end('world')
    })
    expect(result).toMatchObject({ failures: 0, steps: [{ meanBytes: 11 }] })
  })

  it('sends every header that was given, and those of one name in order', async () => {
    const headers = [['Cookie', 'a=1'], ['Host', 'shop'], ['Cookie', 'b=2']] as const // prettier-ignore
    const { seen } = await send(4, { headers }, (response) => void response.end())
    for (const given of seen) expect(given).toEqual(['Cookie', 'a=1', 'Host', 'shop', 'Cookie', 'b=2'])
  })

  it('honours Connection: close, also where the server would keep the connection', async () => {
    const sockets = new Set<unknown>()
    const headers = [['Connection', 'close']] as const
    const { result, seen } = await send(8, { headers }, (response, { socket }) => {
      sockets.add(socket)
      response.shouldKeepAlive = true
      response.end('ok')
    })
    expect([result.failures, sockets.size]).toEqual([0, 8])
    for (const given of seen) expect(given.filter((word) => /^connection$/i.test(word))).toHaveLength(1)
  })

  it('sends bytes and a method as they are', async () => {
    const bodies: string[] = []
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const { result } = await send(4, { method: 'OPTIONS', body }, (response, request) => {
      void request.toArray().then((chunks: Buffer[]) => {
        bodies.push(`${request.method} ${Buffer.concat(chunks).toString('hex')}`)
        response.end()
      })
    })
    expect(result.failures).toBe(0)
    expect(new Set(bodies)).toEqual(new Set([`OPTIONS ${Buffer.from(body).toString('hex')}`]))
  })

  it('tells failures by their reason', async () => {
    let turn = 0
    const { result } = await send(20, { method: 'POST' }, (response, { socket }) => {
      turn++
      if (turn % 5 === 0) socket.destroy()
      else if (turn % 5 === 1) response.writeHead(503).end()
      else response.end()
    })
    expect(result.failures).toBe(8)
    expect(result.failureReasons['status 503']).toBe(4)
  })

  it('counts what is never answered', async () => {
    const origin = await startServer(() => {})
    const result = await load(origin, modelOf(8, get), 200)
    expect(result).toMatchObject({ requests: 8, failures: 8, failureReasons: { timeout: 8 } })
  })
})
