import { realClock, type Clock } from '../../measure/clock.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../http-client.ts'
import type { Connection } from './connection.ts'
import { createConnectionPool } from './connection-pool.ts'
import { createDeadlines } from './deadlines.ts'
import { failures, noAnswer } from './failures.ts'
import { createRequestSerializer } from './request-text.ts'

/**
 * A client for `http:` origins over bare sockets, which costs about half of what undici does;
 * `timeoutMs` is from the request to the last byte of its answer.
 */
export function createSocketClient(origin: string, timeoutMs: number, clock: Clock = realClock): HttpClient {
  const url = new URL(origin)
  const serialize = createRequestSerializer(url.host)
  // Of connections and not of exchanges: what is new for every request costs more to look up.
  const deadlines = createDeadlines<Connection>(clock, timeoutMs, (connection) => connection.breakOff(failures.timeout))
  // What is overdue when its connection comes must not be sent any more.
  const pool = createConnectionPool(endpointOf(url), clock, deadlines.check)
  let isClosed = false

  function start(request: HttpRequest, resolve: (answer: HttpAnswer) => void): void {
    const exchange = {
      request: serialize(request),
      answersHead: request.method === 'HEAD',
      keepsBody: request.wantBody,
      settle(answer: HttpAnswer): void {
        deadlines.remove(connection)
        resolve(answer)
      },
    }
    if (isClosed) return resolve(noAnswer(failures.cutOff, 0, false))
    // From now on, not from the first byte sent: the time to connect is the server's too.
    const connection = pool.send(exchange)
    deadlines.add(connection)
  }

  return {
    request: (request) => new Promise((resolve) => start(request, resolve)),
    async close() {
      isClosed = true
      pool.close(failures.cutOff)
      deadlines.clear()
    },
  }
}

function endpointOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}
