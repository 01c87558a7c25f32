import { realClock, type Clock } from '../../../base/measure/clock.ts'
import { ScenarioMistake, withoutApi } from '../../scenarios/mistakes.ts'
import { closesConnection } from '../fixed-request.ts'
import type {
  CreateSender,
  HttpResponse,
  HttpRequest,
  LoadClient,
  SendAgain,
  FixedRequest,
} from '../../../ports/http-client.ts'
import { readBaseUrl } from './base-url.ts'
import type { HttpConnection, Exchange } from './connection.ts'
import { createConnectionPool } from './connection-pool.ts'
import { createDeadlines } from './deadlines.ts'
import { failures, noResponse } from './failures.ts'
import { createTlsMemory, type Endpoint } from './open-socket.ts'
import { createRequestSerializer, serializeFixed } from './request-text.ts'

/** Doing these twice is doing them once (RFC 9110, 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])

/** A connection that is not used for so long, ms, may be closed by the server: none does so sooner. */
const longIdleMs = 100

/**
 * Creates a client for `origin`, which may have a path and user:password@ for all requests. It works on bare sockets, with
 * TLS for `https:` origins, at about half of what undici costs. `timeoutMs` is from the request to the last byte of its
 * response. A request that found its kept connection closed is sent once more, over a new one, if its method allows that.
 */
export function createSocketClient(origin: string, timeoutMs: number, clock: Clock = realClock): LoadClient {
  const url = new URL(origin)
  const base = readBaseUrl(origin)
  const serialize = createRequestSerializer(url.host, base)
  // Of connections and not of exchanges: what is new for every request costs more to look up.
  const deadlines = createDeadlines<HttpConnection>(clock, timeoutMs, (connection) =>
    connection.breakOff(failures.timeout),
  )
  // What is overdue when its connection comes must not be sent any more.
  const pool = createConnectionPool(endpointOf(url), clock, deadlines.check)
  let isClosed = false

  /** One exchange for all that it sends, one after the other. */
  function createSender(
    { request, isHead, keepsBody, closes }: Omit<Exchange, 'settle'>,
    isIdempotent: boolean,
    onResponse: (response: HttpResponse) => void,
  ): SendAgain {
    let connection: HttpConnection
    const exchange: Exchange = {
      request,
      isHead,
      keepsBody,
      closes,
      settle(response: HttpResponse, closedUnanswered: boolean): void {
        const overdueAt = closedUnanswered ? deadlines.overdueAt(connection) : undefined
        deadlines.remove(connection)
        if (overdueAt === undefined || !isIdempotent) return onResponse(response)
        sendAgain(exchange, overdueAt, onResponse)
      },
    }
    function send(): void {
      if (isClosed) return onResponse(noResponse(failures.cutOff, 0, false))
      // From now on, not from the first byte sent: the time to connect is the server's too.
      connection = pool.send(exchange)
      connection.askedAt = deadlines.add(connection) - timeoutMs
    }
    if (isIdempotent) return send
    // In a busy turn the end of the connection may have come without having been read: what may be sent only once
    // waits until the system was asked for it.
    return () => void (clock.now() - pool.lastAskedAt() > longIdleMs ? setImmediate(send) : send())
  }

  function start(request: HttpRequest, resolve: (response: HttpResponse) => void): void {
    const { method, wantBody } = request
    const parts = { request: serialize(request), isHead: method === 'HEAD', keepsBody: wantBody, closes: false }
    createSender(parts, idempotentMethods.has(method), resolve)()
  }

  /** Over a connection that nothing was sent over before, so that it is the last time. */
  function sendAgain(first: Exchange, overdueAt: number, resolve: (response: HttpResponse) => void): void {
    const connection = pool.sendOverNew({
      ...first,
      settle(response) {
        cancel()
        // The server may have read it the first time.
        resolve({ ...response, maybeExecuted: true, reconnected: true })
      },
    })
    const cancel = clock.schedule(Math.max(0, overdueAt - clock.now()), () => connection.breakOff(failures.timeout))
  }

  function repeat(request: FixedRequest): CreateSender {
    const parts = {
      request: serializeFixed(request, url.host, base),
      isHead: request.method === 'HEAD',
      keepsBody: false,
      closes: closesConnection(request),
    }
    return (onResponse) => createSender(parts, idempotentMethods.has(request.method), onResponse)
  }

  return {
    repeat,
    request: (request) => new Promise((resolve) => start(request, resolve)),
    async close() {
      isClosed = true
      pool.close(failures.cutOff)
      deadlines.clear()
    },
  }
}

function endpointOf({ protocol, hostname, port }: URL): Endpoint {
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSecure = protocol === 'https:'
  return { host, port: Number(port || (isSecure ? 443 : 80)), tls: isSecure ? createTlsMemory() : null }
}

/** For a load on a database. */
const nobody: LoadClient = {
  repeat() {
    throw new ScenarioMistake(withoutApi)
  },
  request: () => Promise.reject(new ScenarioMistake(withoutApi)),
  close: async () => {},
}

/** A client that sends its requests to all of `origins` in turn, as a balancer does. */
export function createHttpClients(origins: readonly string[], timeoutMs: number): LoadClient {
  const clients = origins.map((origin) => createSocketClient(origin, timeoutMs))
  if (clients.length === 0) return nobody
  if (clients.length === 1) return clients[0] as LoadClient
  let turn = 0
  return {
    repeat(request) {
      const creates = clients.map((client) => client.repeat(request))
      return (onResponse) => {
        const senders = creates.map((create) => create(onResponse))
        return () => senders[turn++ % senders.length]?.()
      }
    },
    request: (request) => (clients[turn++ % clients.length] as LoadClient).request(request),
    async close() {
      for (const client of clients) await client.close()
    },
  }
}
