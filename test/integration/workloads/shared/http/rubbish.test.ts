import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../../../../src/lib/workloads/shared/http/app.ts'
import { listen } from '../../../../../src/lib/workloads/shared/http/listen.ts'
import type { RunningServer } from '../../../../../src/lib/ports/workload.ts'
import { askRaw, openRaw } from '../../../../support/http/raw-client.ts'

/** More than sockets buffer. */
const largeBytes = 16 * 1024 * 1024

let server: RunningServer
let app: FastifyInstance
/** Bodies that the API has taken, as a booking is. */
let taken: unknown[]

beforeEach(async () => {
  taken = []
  app = createApp({ onError: () => {} })
  app.post('/book', async ({ body }, reply) => {
    taken.push(body)
    await sleep(250)
    return reply.code(201).send(body)
  })
  app.get('/large', async () => Readable.from(largeChunks()))
  server = await listen(app, { host: '127.0.0.1', port: 0, shutdownTimeout: 300 })
})
afterEach(() => server.close())

function* largeChunks() {
  for (let at = 0; at < largeBytes; at += 65_536) yield Buffer.alloc(65_536, 'x')
}

const head = (...rest: string[]) =>
  ['POST /book HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...rest, '', ''].join('\r\n')
const book = (number: number) => `${head('Content-Length: 7')}{"a":${number}}`
const chunked = `${head('Transfer-Encoding: chunked')}7\r\n{"a":1}\r\n`

/** The statuses of the answers that come until the server ends the connection. */
async function statuses(text: string, more: string): Promise<string[]> {
  const before = taken.length
  using client = await openRaw(server.origin, text)
  if (more !== '') {
    await expect.poll(() => taken.length, { interval: 5 }).toBe(before + 1)
    client.socket.write(more)
  }
  await client.closed
  return [...client.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status as string)
}

describe('rubbish behind a request', () => {
  it.each([
    ['no HTTP', 'XX\r\n\r\n'],
    ['no HTTP, again and again', 'XX\r\n\r\n'.repeat(1000)],
    ['a method that there is not', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a request whose body is broken', `${chunked}zz\r\n`],
  ])('takes no answer from it: %s', async (_what, rubbish) => {
    expect(await statuses(book(1) + rubbish, '')).toEqual(['201'])
    expect(await statuses(book(2), rubbish)).toEqual(['201'])
    expect(await statuses(`${chunked}0\r\n\r\n`, rubbish)).toEqual(['201'])
    expect(taken).toEqual([{ a: 1 }, { a: 2 }, { a: 1 }])
  })

  it('takes none from the requests before it either', async () => {
    expect(await statuses(`${book(1)}${book(2)}${book(3)}XX\r\n\r\n`, '')).toEqual(['201', '201', '201'])
    expect(taken).toHaveLength(3)
  })

  it('takes none from the last request of a connection', async () => {
    expect(await statuses(`${head('Content-Length: 7', 'Connection: close')}{"a":1}XX\r\n\r\n`, '')).toEqual(['201'])
  })

  it('is answered where all before it is, and in the middle of a request', async () => {
    using client = await openRaw(server.origin, book(1))
    await expect.poll(() => client.received).toContain('{"a":1}')
    client.socket.write('XX\r\n\r\n')
    await client.closed
    expect(client.received).toMatch(/^HTTP\/1\.1 201 [^]*HTTP\/1\.1 400 /)
    expect(await statuses(`${chunked}zz\r\n`, '')).toEqual(['400'])
    expect(taken).toHaveLength(1)
  })
})

describe('a tunnel', () => {
  const connect = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'

  it('is refused as other requests are', async () => {
    const { status, headers, body } = await askRaw(server.origin, connect)
    expect(status).toBe(501)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', connection: 'close' })
    expect(JSON.parse(body)).toMatchObject({ error: 'not-implemented' })
  })

  it('lets a large answer before it come to its end', async () => {
    const answered = await askRaw(server.origin, `GET /large HTTP/1.1\r\nHost: x\r\n\r\n${connect}`)
    expect(answered.status).toBe(200)
    expect(answered.body.length).toBeGreaterThan(largeBytes)
    expect(answered.body.endsWith('\r\n0\r\n\r\n')).toBe(true)
  })
})

it('makes no WebSocket while answers are due, which would come behind its handshake', async () => {
  const upgraded: string[] = []
  app.server.on('upgrade', ({ url = '' }, socket) => {
    upgraded.push(url)
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n'
  expect(await statuses(book(1) + upgrade, '')).toEqual(['201', '404'])
  expect(upgraded).toEqual([])
  expect(await statuses(upgrade, '')).toEqual(['101'])
})

it('is no rubbish what comes with the offer of another protocol', async () => {
  const offer = head('Content-Length: 7', 'Upgrade: h2c', 'Connection: Upgrade', 'Connection: close')
  expect(await statuses(`${offer}{"a":1}`, '')).toEqual(['201'])
  expect(taken).toEqual([{ a: 1 }])
})

describe('a body of JSON', () => {
  const post = async (type: string) => {
    const response = await fetch(`${server.origin}/book`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"a":1}',
    })
    return [response.status, ((await response.json()) as { readonly error?: string }).error]
  }

  it.each(['application/json', 'APPLICATION/JSON; Charset="UTF-8"', 'application/json;charset=utf8; x=y'])(
    'is taken as %s',
    async (type) => {
      expect(await post(type)).toEqual([201, undefined])
    },
  )

  it.each([
    'application/json; charset=latin1',
    'application/json; x=y; CHARSET="utf-16"',
    'application/json; charset=',
  ])('is refused as %s', async (type) => {
    expect(await post(type)).toEqual([415, 'unsupported-media-type'])
    expect(taken).toEqual([])
  })
})
