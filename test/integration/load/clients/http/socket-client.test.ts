import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createSocketClient } from '../../../../../src/lib/load/clients/http/socket-client.ts'
import type { HttpClient, HttpRequest } from '../../../../../src/lib/ports/http-client.ts'
import { realClock, type Clock } from '../../../../../src/lib/base/measure/clock.ts'

/** A server, the client of it, and what the server has seen. */
interface Line {
  readonly client: HttpClient
  /** As they came. */
  readonly sockets: readonly Socket[]
  /** What came in, a text a read. */
  readonly received: readonly string[]
  /** New connections are refused. */
  stopListening(): void
}

const get: HttpRequest = { method: 'GET', path: '/', wantBody: true }
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** `onRequest` may do with the socket what it likes. */
async function open(
  onRequest: (socket: Socket) => void,
  clock: Clock = realClock,
  host = '127.0.0.1',
  timeoutMs = 5000,
): Promise<Line> {
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
  const client = createSocketClient(`http://${host}:${(server.address() as AddressInfo).port}`, timeoutMs, clock)
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  cleanUps.push(() => client.close())
  return { client, sockets, received, stopListening: () => void server.close() }
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

  it('may be free for as long as the server keeps it', async () => {
    const { clock, moveBy } = createMovedClock()
    const { client, sockets } = await open((socket) => void socket.write(ok), clock)
    await client.request(get)
    moveBy(3_600_000)
    await client.request({ ...get, method: 'HEAD' })
    expect(sockets).toHaveLength(1)
  })

  it('lets a CRLF behind a body pass', async () => {
    const { client, sockets } = await open((socket) => {
      socket.write(ok)
      setTimeout(() => socket.write('\r\n'), 10)
    })
    for (let i = 0; i < 3; i++) {
      expect(await client.request(get)).toMatchObject({ status: 200, bytes: 2 })
      await wait(30)
    }
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

describe('a request over a kept connection that the server closes', () => {
  const closing = {
    // Bytes may still be sent towards a server that has said that it will send no more.
    closed: (socket: Socket) => void socket.end(),
    // The answer to those that arrive is a reset.
    'closed for reading too': (socket: Socket) => socket.destroySoon(),
  }
  const ways = Object.entries(closing)

  /** Answers the first request of a connection, which `close` ends before the client can notice. */
  async function closeAfterFirst(close: (socket: Socket) => void, again: (socket: Socket) => void) {
    const line = await open((socket) => {
      if (line.sockets.indexOf(socket) > 0) again(socket)
      else if (line.received.length === 1) socket.write(ok)
    })
    expect(await line.client.request(get)).toMatchObject({ status: 200 })
    close(line.sockets[0] as Socket)
    return line
  }

  it.each(
    ways.flatMap(([how, close]) =>
      (['GET', 'HEAD', 'PUT', 'DELETE'] as const).map((method) => ({ how, close, method })),
    ),
  )('is sent again when it is a $method: $how', async ({ close, method }) => {
    const { client, sockets } = await closeAfterFirst(
      close,
      (socket) => void socket.write(method === 'HEAD' ? ok.replace(/ok$/, '') : ok),
    )
    const answer = await client.request({ ...get, method })
    expect(answer).toEqual({
      status: 200,
      bytes: method === 'HEAD' ? 0 : 2,
      body: Buffer.from(method === 'HEAD' ? '' : 'ok'),
      reason: null,
      maybeExecuted: true,
      reconnected: true,
    })
    expect(sockets).toHaveLength(2)
    // The new connection is kept.
    expect(await client.request({ ...get, method })).not.toHaveProperty('reconnected')
    expect(sockets).toHaveLength(2)
  })

  it.each(['POST', 'PATCH'] as const)(
    'is not sent again when it is a %s, which may have been carried out',
    async (method) => {
      const { client, sockets, received } = await closeAfterFirst(closing.closed, (socket) => void socket.write(ok))
      const answer = await client.request({ ...get, method, path: '/once' })
      expect(answer).toMatchObject({ status: 0, reason: 'connection closed', maybeExecuted: true })
      await wait(50)
      expect(received.filter((text) => text.startsWith(`${method} /once`)).length).toBeLessThanOrEqual(1)
      expect(sockets).toHaveLength(1)
    },
  )

  it.each([
    { idleMs: 0, seen: { status: 0, reason: 'connection closed' } },
    { idleMs: 1000, seen: { status: 200, reason: null } },
  ])('takes no POST after $idleMs ms when its end has come: $seen', async ({ idleMs, seen }) => {
    const { clock, moveBy } = createMovedClock()
    const { client, sockets, received } = await open((socket) => {
      if (socket !== sockets[0] || received.length === 1) socket.write(ok)
    }, clock)
    await client.request(get)
    moveBy(idleMs)
    sockets[0]?.end()
    // By now the system knows of the end, and the client has not asked it.
    await nextTurn()
    const answer = await client.request({ ...get, method: 'POST', path: '/once' })
    expect(answer).toMatchObject(seen)
    expect(answer).not.toHaveProperty('reconnected')
    expect(received.filter((text) => text.startsWith('POST /once')).length).toBeLessThanOrEqual(1)
  })

  it('is sent again once: another server that closes is a failure', async () => {
    const { client, sockets } = await closeAfterFirst(closing.closed, closing.closed)
    const answer = await client.request(get)
    expect(answer).toMatchObject({ status: 0, reason: 'connection closed', maybeExecuted: true, reconnected: true })
    expect(sockets).toHaveLength(2)
  })

  it('may have been carried out the first time, whatever becomes of the second', async () => {
    const { client, sockets, stopListening } = await closeAfterFirst(closing.closed, closing.closed)
    stopListening()
    const answer = await client.request({ ...get, method: 'DELETE' })
    expect(answer).toMatchObject({ status: 0, reason: 'connection refused', maybeExecuted: true, reconnected: true })
    expect(sockets).toHaveLength(1)
  })

  it('is not sent again once something of an answer has come', async () => {
    let requests = 0
    const { client, sockets } = await open((socket) => {
      if (requests++ === 0) socket.write(ok)
      else socket.end('H')
    })
    await client.request(get)
    expect(await client.request(get)).toMatchObject({ status: 0, reason: 'connection closed' })
    expect(sockets).toHaveLength(1)
  })

  it('has the time that is left of its timeout', async () => {
    const { client } = await open(
      (socket) => {
        if (requests++ === 0) socket.write(ok)
        // 250 of 400 ms are over by then.
        else if (requests === 2) setTimeout(() => socket.end(), 250)
      },
      realClock,
      '127.0.0.1',
      400,
    )
    let requests = 0
    await client.request(get)
    const sentAt = performance.now()
    expect(await client.request(get)).toMatchObject({ status: 0, reason: 'timeout', reconnected: true })
    const elapsed = performance.now() - sentAt
    expect(elapsed).toBeGreaterThan(390)
    expect(elapsed).toBeLessThan(600)
  })
})

describe('a request that finds no connection', () => {
  it('leaves a turn to timers and signals, however often it is tried again', async () => {
    // Connecting to this address fails before the system asks anybody.
    const client = createSocketClient('http://255.255.255.255:9', 5000)
    cleanUps.push(() => client.close())
    let isOver = false
    setTimeout(() => (isOver = true), 20)
    let tries = 0
    for (; !isOver && tries < 100_000; tries++) {
      const { reason, maybeExecuted } = await client.request(get)
      expect([reason === null, maybeExecuted]).toEqual([false, false])
    }
    expect(isOver).toBe(true)
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
