import type { FastifyInstance } from 'fastify'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../../../src/lib/workloads/shared/http/app.ts'
import { listen } from '../../../../../src/lib/workloads/shared/http/listen.ts'
import type { RunningServer } from '../../../../../src/lib/ports/workload.ts'
import { openRaw, readRaw } from '../../../../support/http/raw-client.ts'

const times = { headersMs: 300, requestMs: 600, keepAliveMs: 200, silentMs: 500, lookEveryMs: 50 }
const post = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n\r\n{'

let server: RunningServer
let app: FastifyInstance
let errors: Error[]
/** Requests whose heads have come. */
let heads: number

function countHeads(counted: FastifyInstance): void {
  counted.addHook('onRequest', async () => void heads++)
}

beforeEach(async () => {
  errors = []
  heads = 0
  const onError = (error: Error) => void errors.push(error)
  app = createApp({ onError, times })
  countHeads(app)
  app.post('/echo', async ({ body }) => body)
  app.get('/', async () => 'here')
  app.get('/large', async (_request, reply) => reply.send(Buffer.alloc(50_000_000)))
  app.get('/never', () => new Promise(() => {}))
  server = await listen(app, { host: '127.0.0.1', port: 0, shutdownTimeout: 300 })
})
afterEach(() => server.close())

/** Sends a byte now and then until the connection is gone. */
async function trickle(text: string): Promise<{ answer: string; tookMs: number }> {
  using client = await openRaw(server.origin, text)
  const begun = performance.now()
  const timer = setInterval(() => client.socket.write(' '), 50)
  await client.closed
  clearInterval(timer)
  return { answer: client.received, tookMs: performance.now() - begun }
}

describe('a client that is too slow', () => {
  it.each([
    ['with its headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 300],
    ['with its body', post, 600],
  ])('%s is answered 408 and ended', async (_what, text, afterMs) => {
    const { answer, tookMs } = await trickle(text)
    const { status, headers, body } = readRaw(answer)
    expect(status).toBe(408)
    expect(JSON.parse(body)).toEqual({ error: 'request-timeout', message: 'The request did not come in time.' })
    expect(headers).toMatchObject({ connection: 'close', 'x-content-type-options': 'nosniff' })
    expect(tookMs).toBeGreaterThan(afterMs - 50)
    expect(tookMs).toBeLessThan(afterMs + 2000)
    expect(errors).toEqual([])
  })

  it('to begin, or to go on, is ended', async () => {
    using silent = await openRaw(server.origin)
    using idle = await openRaw(server.origin, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await Promise.all([silent.closed, idle.closed])
    expect(readRaw(silent.received).status).toBe(408)
    expect(readRaw(idle.received)).toMatchObject({ status: 200, body: 'here' })
  })

  it('to read its answer is ended', async () => {
    using client = await openRaw(server.origin)
    client.socket.pause()
    client.socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
    const open = () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))
    await expect.poll(open).toBe(1)
    await expect.poll(open).toBe(0)
  })
})

describe('a server that closes', () => {
  it('finishes what comes to its end in time', async () => {
    const body = '{"a":1}'
    using client = await openRaw(
      server.origin,
      `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    // The server has its head.
    await once(client.socket, 'data')
    const closed = server.close()
    await sleep(100)
    client.socket.write(body)
    await Promise.all([closed, client.closed])
    const [, answer = ''] = client.received.split('HTTP/1.1 100 Continue\r\n\r\n')
    expect(readRaw(answer)).toMatchObject({ status: 200, body })
  })

  it.each([
    ['nothing', ''],
    ['empty lines', '\r\n\r\n'],
  ])('ends connections at once on which came %s', async (_what, text) => {
    const own = createApp({ onError: (error) => void errors.push(error) })
    countHeads(own)
    own.get('/slow', async () => sleep(300, 'here'))
    const patient = await listen(own, { host: '127.0.0.1', port: 0, shutdownTimeout: 20_000 })
    using silent = await openRaw(patient.origin, text)
    using asking = await openRaw(patient.origin, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => heads).toBe(1)
    const begun = performance.now()
    await patient.close()
    expect(performance.now() - begun).toBeLessThan(5000)
    await Promise.all([silent.closed, asking.closed])
    expect([silent.received, readRaw(asking.received)]).toEqual([
      '',
      expect.objectContaining({ status: 200, body: 'here' }),
    ])
  })

  it.each([
    ['that sends a byte now and then', post, ' '],
    ['whose answer never comes', 'GET /never HTTP/1.1\r\nHost: x\r\n\r\n', ''],
  ])('does not wait for a client %s', async (_what, text, byte) => {
    using client = await openRaw(server.origin, text)
    await expect.poll(() => heads).toBe(1)
    const begun = performance.now()
    const timer = setInterval(() => client.socket.write(byte), 50)
    await server.close()
    clearInterval(timer)
    await client.closed
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})
