import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createSocketClient } from '../../../src/lib/load/http/socket-client.ts'
import type { HttpClient, HttpRequest } from '../../../src/lib/load/http-client.ts'
import { realClock, type Clock } from '../../../src/lib/measure/clock.ts'

/** A server, the client of it, and what the server has seen. */
interface Line {
  readonly client: HttpClient
  /** As they came. */
  readonly sockets: readonly Socket[]
  /** What came in, a text a read. */
  readonly received: readonly string[]
}

const get: HttpRequest = { method: 'GET', path: '/', wantBody: true }
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** `onRequest` may do with the socket what it likes. */
async function open(onRequest: (socket: Socket) => void, clock: Clock = realClock, host = '127.0.0.1'): Promise<Line> {
  const sockets: Socket[] = []
  const received: string[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      received.push(String(data))
      onRequest(socket)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createSocketClient(`http://${host}:${(server.address() as AddressInfo).port}`, 5000, clock)
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  cleanUps.push(() => client.close())
  return { client, sockets, received }
}

/** The machine's clock, put forward by hand. */
function createMovedClock(): { clock: Clock; moveBy(ms: number): void } {
  let ahead = 0
  return {
    clock: { now: () => realClock.now() + ahead, schedule: realClock.schedule },
    moveBy: (ms) => void (ahead += ms),
  }
}

describe('a kept connection', () => {
  it('is used again and again, the last one first', async () => {
    const asked: Socket[] = []
    const { client, sockets } = await open((socket) => {
      asked.push(socket)
      socket.write(ok)
    })
    for (let i = 0; i < 20; i++) await client.request(get)
    expect(sockets).toHaveLength(1)
    await Promise.all(Array.from({ length: 5 }, () => client.request(get)))
    for (let i = 0; i < 20; i++) await client.request(get)
    expect(sockets).toHaveLength(5)
    expect(new Set(asked.slice(-20)).size).toBe(1)
  })

  it('is left alone when the server is about to close it', async () => {
    const { clock, moveBy } = createMovedClock()
    const kept = ok.replace('\r\n\r\n', '\r\nkeep-alive: timeout=5\r\n\r\n')
    const { client, sockets } = await open((socket) => void socket.write(kept), clock)
    await client.request(get)
    moveBy(3500)
    await client.request(get)
    expect(sockets).toHaveLength(1)
    moveBy(4500)
    expect(await client.request(get)).toMatchObject({ status: 200 })
    expect(sockets).toHaveLength(2)
  })

  it('that was reset takes no request: another does, which nobody else has seen', async () => {
    const { client, sockets, received } = await open((socket) => void socket.write(ok))
    await client.request(get)
    // The client has had no turn to notice.
    sockets[0]?.resetAndDestroy()
    expect(await client.request({ ...get, path: '/again' })).toMatchObject({ status: 200, reason: null })
    expect(received.filter((text) => text.startsWith('GET /again'))).toHaveLength(1)
  })

  it('that closes as the request leaves may have carried it out, so it is not sent again', async () => {
    const { client, sockets, received } = await open((socket) => void socket.write(ok))
    await client.request(get)
    // Bytes may still be sent towards a server that has said that it will send no more.
    sockets[0]?.end()
    const answer = await client.request({ ...get, path: '/once' })
    expect(answer).toMatchObject({ status: 0, reason: 'connection closed', maybeExecuted: true })
    await wait(50)
    expect(received.filter((text) => text.startsWith('GET /once')).length).toBeLessThanOrEqual(1)
    expect(sockets).toHaveLength(1)
  })

  it('is given up when the server says what nobody asked for', async () => {
    const { client, sockets } = await open((socket) => void socket.write(ok))
    await client.request(get)
    sockets[0]?.write('HTTP/1.1 500 Not for you\r\ncontent-length: 0\r\n\r\n')
    await wait(50)
    expect(await client.request(get)).toMatchObject({ status: 200 })
    expect(sockets).toHaveLength(2)
  })
})

describe('an answer', () => {
  it('that goes on after its end is refused, and so is its connection', async () => {
    let answers = 0
    const { client, sockets } = await open((socket) => void socket.write(answers++ === 0 ? `${ok}, really` : ok))
    expect(await client.request(get)).toMatchObject({
      status: 0,
      reason: 'invalid answer: bytes after its end',
      maybeExecuted: true,
    })
    expect(await client.request(get)).toMatchObject({ status: 200 })
    expect(sockets).toHaveLength(2)
  })

  it('does not change when later ones are read into the same memory', async () => {
    let answers = 0
    const { client } = await open((socket) => void socket.write(ok.replace(/ok$/, String(10 + answers++))))
    const first = await client.request(get)
    await Promise.all([client.request(get), client.request(get)])
    expect(String(first.body)).toBe('10')
  })

  it('may come before the whole request has left', async () => {
    const { client, sockets } = await open((socket) => {
      socket.pause()
      socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno')
    })
    const body = 'x'.repeat(20_000_000)
    expect(await client.request({ ...get, method: 'POST', body })).toMatchObject({ status: 413, reason: null })
    expect(sockets).toHaveLength(1)
  })
})

describe('a request', () => {
  it('finds a host that has several addresses', async () => {
    const { client } = await open((socket) => void socket.write(ok), realClock, 'localhost')
    expect(await client.request(get)).toMatchObject({ status: 200 })
  })

  it('of any size arrives whole', async () => {
    let expected = Infinity
    let bytes = 0
    const { client, received } = await open((socket) => {
      bytes += received.at(-1)?.length ?? 0
      if (bytes >= expected) socket.write(ok)
    })
    const body = 'x'.repeat(5_000_000)
    expected = body.length
    expect(await client.request({ ...get, method: 'POST', body })).toMatchObject({ status: 200 })
    expect(received.join('').endsWith(body)).toBe(true)
  })

  it('is cut off with the client while it waits for its connection, and nothing was done', async () => {
    const { client, received } = await open((socket) => void socket.write(ok))
    const request = client.request(get)
    await client.close()
    expect(await request).toMatchObject({ reason: 'cut off at the end of the run', maybeExecuted: false })
    await wait(50)
    expect(received).toEqual([])
  })
})
